"""Every page as everybody: it shows only what they may see, and offers only what would not be refused to them."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from accounts.operations import create_project, grant_role
from accounts.roles import Role
from tests.estate import Estate
from tests.pages import addresses, is_page

#: Stands in the names and descriptions of a second project, in which only its own people have roles.
SECRET = "of-the-neighbours"
#: What stands in the pages of the first project, and nowhere else.
MARK = "customers-who-leave"
#: Shows components with made-up links.
_EXAMPLES = "/components"
_ROLES = {
    "outsider": [],
    "viewer": [Role.VIEWER],
    "contributor": [Role.CONTRIBUTOR],
    "approver": [Role.APPROVER],
    "maintainer": [Role.MAINTAINER],
    "deployer": [Role.DEPLOYER],
    "auditor": [Role.AUDITOR],
    "records manager": [Role.RECORDS_MANAGER],
    "project admin": [Role.PROJECT_ADMIN],
}
#: Words of the address of a page on which something is done.
_DOES = re.compile(
    r"/(new|edit|grant|delete|revoke|rename|restore|transition|inheritance|hand-over|dissolve|switch|settings|end"
    r"|deploy|archive|report)\b"
)

#: One's own account, roles and saved views are everybody's.
_OWN = re.compile(r"^/profile|^/tokens/|/views/")


@pytest.fixture
def estate(settings, tmp_path, project, admin, maintainer, approver):
    settings.ARTIFACT_ROOT = str(tmp_path)
    return Estate(project, admin, maintainer, approver)


@pytest.fixture
def neighbours(admin, cast):
    """A project of other people, with something in every list."""
    from accounts.models import User
    from accounts.principals import Principal
    from registry.operations import create_model_version, create_registered_model
    from tracking.operations import create_experiment, create_run

    project = create_project(admin, SECRET, name=f"Project {SECRET}")
    keeper = cast("keeper")
    grant_role(Principal(User.objects.get(username="admin"), auth="session"), keeper.user, Role.MAINTAINER, project)
    keeper = Principal(User.objects.get(username="keeper"), auth="session")
    experiment = create_experiment(keeper, project, name=f"experiment {SECRET}")
    create_run(keeper, project, experiment_id=str(experiment.pk), name=f"run {SECRET}")
    model = create_registered_model(keeper, project, f"model {SECRET}")
    create_model_version(keeper, model, "s3://elsewhere/model")
    return project


class _Offers(HTMLParser):
    """The links of a page, and where its forms lead with which method."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: set[str] = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.add(given["href"])
        if tag == "form" and (given.get("method") or "get").lower() == "post":
            self.forms.add(given.get("action") or "")


def offers_of(page, html):
    """The addresses on this site that a page leads to, and those its forms are sent to."""
    found = _Offers()
    found.feed(html)
    links = {urljoin(page, link).partition("#")[0] for link in found.links}
    forms = {urljoin(page, form) if form else page for form in found.forms}
    return {link for link in links if not urlsplit(link).netloc and urlsplit(link).path}, forms


@pytest.mark.parametrize("role", _ROLES)
@pytest.mark.timeout(600)
def test_everybody_is_shown_and_offered_only_what_is_theirs(role, estate, neighbours, cast, session_of):
    somebody = cast("somebody", *_ROLES[role])
    browser = session_of(somebody)
    offered = {}
    for address in addresses(estate):
        answer = browser.get(address)
        assert answer.status_code < 500, address
        if answer.streaming or not is_page(answer) or address == _EXAMPLES:
            continue
        html = answer.content.decode()
        assert SECRET not in html, f"{address} shows the neighbours"
        if role == "outsider" and "q=" not in address:
            assert MARK not in html, f"{address} shows the project"
        if answer.status_code == 200:
            links, forms = offers_of(address, html)
            offered |= {link: address for link in links | forms if link not in offered}

    refused = {}
    for link, page in sorted(offered.items()):
        if not link.startswith("/static/"):
            status = browser.get(link).status_code
            if status in (403, 404):
                refused[link] = f"{status}, offered on {page}"
    assert refused == {}


@pytest.mark.timeout(300)
def test_a_viewer_is_offered_nothing_that_changes_the_project(estate, cast, session_of):
    browser = session_of(cast("somebody", Role.VIEWER))
    doing: dict[str, str] = {}
    for address in addresses(estate):
        answer = browser.get(address)
        if answer.status_code == 200 and not answer.streaming and is_page(answer):
            links, forms = offers_of(address, answer.content.decode())
            doing |= {link: address for link in links | forms if _DOES.search(urlsplit(link).path)}

    assert {link: page for link, page in doing.items() if page != "/profile" and not _OWN.search(link)} == {}


def test_a_platform_admin_without_roles_sees_no_models(estate, cast, admin, session_of):
    root = cast("root")
    grant_role(admin, root.user, Role.PLATFORM_ADMIN, None)
    browser = session_of(root)

    for address in ("/models", "/experiments", f"/runs/{estate.runs[0]}", "/models/default/fraud", "/search?q=fraud"):
        answer = browser.get(address)
        assert "Finds" not in answer.content.decode(), address
        assert MARK not in answer.content.decode(), address
