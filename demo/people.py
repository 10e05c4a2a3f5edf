"""Who works on the demo's server: projects, people, teams, machines, and the roles they hold."""

from dataclasses import dataclass

#: By this domain the demo knows its own people again.
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``can`` says in the list of logins what to try with it."""

    username: str
    name: str
    can: str

    @property
    def email(self) -> str:
        return f"{self.username}@{DOMAIN}"


@dataclass(frozen=True)
class Team:
    """People who hold roles together; without a project it belongs to the whole server."""

    slug: str
    description: str
    members: tuple[str, ...]
    project: str | None = None


@dataclass(frozen=True)
class Grant:
    """A role to be given. ``holder`` is a person, a service account, or ``team:<name>``."""

    holder: str
    role: str
    scope: str
    reason: str
    days: int | None = None
    #: It was taken back again, for this reason.
    taken_back: str = ""


PROJECTS = {
    "oncology": ("Oncology diagnostics", "Models that read cell images of biopsies. **Decides nothing by itself.**"),
    "winery": ("Wine laboratory", "Which cultivar is in the bottle, from thirteen chemical figures."),
    "post-sorting": ("Post sorting", "Reads handwritten digits of postcodes on letters and parcels."),
    "diabetes-care": ("Diabetes care", "Forecasts how the disease goes on within a year, and writes about it."),
}

PEOPLE = (
    Person("ines", "Inès Moreau", "project admin of oncology and diabetes-care: gives roles"),
    Person("samir", "Samir Haddad", "project admin of winery and post-sorting"),
    Person("amara", "Amara Okafor", "maintainer of oncology and diabetes-care"),
    Person("mei", "Mei Chen", "maintainer of post-sorting, contributor of winery"),
    Person("tomas", "Tomás Lindqvist", "contributor of oncology"),
    Person("zoe", "Zoé Dubois", "contributor of winery and diabetes-care"),
    Person("yuki", "Yuki Tanaka", "approver everywhere, through the team model-risk"),
    Person("ravi", "Ravi Patel", "deployer, through the team platform-operations"),
    Person("oskar", "Oskar Nowak", "records manager of oncology and diabetes-care"),
    Person("lucia", "Lucía Fernández", "auditor of the whole server: sees all, changes nothing"),
    Person("hanna", "Hanna Virtanen", "viewer of oncology, for two weeks"),
    Person("felix", "Felix Gruber", "no role: sees nothing yet"),
)
#: Left the company: the account is closed, and stays.
LEFT = Person("bruno", "Bruno Costa", "")

TEAMS = (
    Team("model-risk", "Second pair of eyes on everything that goes to Production.", ("yuki",)),
    Team("platform-operations", "Runs what the others make.", ("ravi",)),
    Team("pathology-ml", "Trains the classifiers of the pathology.", ("tomas", "hanna"), "oncology"),
    Team("vision", "Everything that looks at pictures.", ("mei", "zoe"), "post-sorting"),
)

#: Machines: name, project, what they are.
SERVICE_ACCOUNTS = (
    ("winery-nightly", "winery", "Nightly training"),
    ("oncology-ci", "oncology", "Continuous integration"),
    ("post-sorting-edge", "post-sorting", "Sorting machines"),
)

GRANTS = (
    Grant("ines", "project_admin", "project/oncology", "Leads diagnostics"),
    Grant("ines", "project_admin", "project/diabetes-care", "Leads diagnostics"),
    Grant("samir", "project_admin", "project/winery", "Leads the laboratory"),
    Grant("samir", "project_admin", "project/post-sorting", "Leads the laboratory"),
    Grant("amara", "maintainer", "project/oncology", "Keeps the models in order"),
    Grant("amara", "maintainer", "project/diabetes-care", "Keeps the models in order"),
    Grant("mei", "maintainer", "project/post-sorting", "Built the digit reader"),
    Grant("mei", "contributor", "project/winery", "Helps out with the nightly training", days=90),
    Grant("team:pathology-ml", "viewer", "project/oncology", "Sees what the team works on"),
    Grant("tomas", "contributor", "project/oncology", "Data scientist"),
    Grant("hanna", "viewer", "project/diabetes-care", "Visiting student", days=14),
    Grant("zoe", "contributor", "project/winery", "Data scientist"),
    Grant("zoe", "contributor", "project/diabetes-care", "Data scientist"),
    Grant("team:vision", "contributor", "project/post-sorting", "Trains the digit reader"),
    *(Grant("team:model-risk", "approver", f"project/{slug}", "Second pair of eyes") for slug in PROJECTS),
    *(Grant("team:platform-operations", "deployer", f"project/{slug}", "Runs the models") for slug in PROJECTS),
    Grant("oskar", "records_manager", "project/oncology", "Retention of medical records"),
    Grant("oskar", "records_manager", "project/diabetes-care", "Retention of medical records"),
    Grant("lucia", "auditor", "server", "Internal audit"),
    Grant("felix", "viewer", "project/winery", "For the tasting", taken_back="The tasting is over."),
    Grant("bruno", "contributor", "project/diabetes-care", "Data scientist"),
    Grant("winery-nightly", "contributor", "project/winery", "Trains every night"),
    Grant("oncology-ci", "contributor", "project/oncology", "Registers what was merged", days=180),
    Grant("post-sorting-edge", "viewer", "project/post-sorting", "Loads the model in Production"),
)

#: Who decides about promotions.
APPROVER = "yuki"
#: The projects, each with the admin who writes its policy.
POLICIES = (("oncology", "ines"), ("diabetes-care", "ines"), ("winery", "samir"), ("post-sorting", "samir"))
#: As four-eyes, but a role counts at once: everybody of the demo has theirs since a minute.
POLICY = """schema: 1
name: demo-{slug}
summary: One other person approves whatever goes to Production, as soon as they have the role.
cool_down_hours: 0
break_glass:
  allowed: true
  ratify_within_hours: 72
transitions:
  Staging:
    approvals: 0
  Production:
    approvals: 1
    gates:
      - type: integrity
        hard: true
"""
