"""Which models there are: how each version is trained, and what has happened to it since."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

SEED = 20


@dataclass(frozen=True)
class Made:
    """A version: the run that trains it, and with what."""

    run: str
    days_ago: float
    estimator: Callable[[], Any]
    note: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Something that somebody does to a version: moves it, or gives it an alias."""

    who: str
    version: int
    stage: str = ""
    reason: str = ""
    alias: str = ""
    #: They may not; the audit log has the attempt to show.
    refused: bool = False
    #: It is asked for, and nobody has decided yet.
    undecided: bool = False
    #: Production goes back to it; it was there before.
    back: bool = False


@dataclass(frozen=True)
class Card:
    """One saved revision of a card: of the model, or of a version when there is a number."""

    who: str
    sections: dict[str, str]
    comment: str
    version: int = 0


@dataclass(frozen=True)
class View:
    """A question about the runs of an experiment that somebody kept."""

    who: str
    project: str
    experiment: str
    name: str
    query: str
    shared: bool = True


@dataclass(frozen=True)
class Entry:
    """A registered model."""

    project: str
    name: str
    writer: str
    experiment: str
    data: str
    note: str
    description: str
    tags: dict[str, str]
    versions: tuple[Made, ...]
    history: tuple[Step, ...]
    cards: tuple[Card, ...] = ()


_STAGING, _PRODUCTION, _ARCHIVED = "Staging", "Production", "Archived"

MODELS = (
    Entry(
        "oncology",
        "tumour-classifier",
        "tomas",
        "tumour-baselines",
        "breast-cancer",
        "Everything that was a candidate for the pathology.",
        "Says whether cells from a fine needle biopsy look **malignant**.\n\n"
        "## Use\n\nSupports a pathologist; decides nothing by itself.\n\n"
        "## Limits\n\n- trained on 398 patients of one clinic\n- not for children",
        {"domain": "pathology", "risk": "high", "owner": "pathology-ml"},
        (
            Made("logistic", 40, lambda: LogisticRegression(C=0.05), "A line to beat.", {"approved-by-ethics": "yes"}),
            Made("forest-20", 31, lambda: RandomForestClassifier(20, random_state=SEED), "A small forest."),
            Made("forest-200", 22, lambda: RandomForestClassifier(200, random_state=SEED), "A large forest: **slow**."),
            Made("extra-trees", 12, lambda: ExtraTreesClassifier(80, random_state=SEED), "Best of the forest search."),
            Made("logistic-loose", 3, lambda: LogisticRegression(C=20, max_iter=500), "Is the line too stiff?"),
        ),
        (
            Step("tomas", 1, _STAGING, "Beats the rule of thumb"),
            Step("tomas", 1, _PRODUCTION, "Reviewed with the pathologists"),
            Step("tomas", 2, _STAGING, "Two misses fewer than v1"),
            Step("tomas", 2, _PRODUCTION, "Fewer misses at the same alarms"),
            Step("tomas", 3, _STAGING, "More trees"),
            Step("amara", 3, _PRODUCTION, "Holdout looks better"),
            Step("amara", 2, _PRODUCTION, "v3 takes 300 ms a slide, the bench waits", back=True),
            Step("tomas", 4, _STAGING, "As good as v3, four times as fast"),
            Step("hanna", 4, _PRODUCTION, "Can I do this?", refused=True),
            Step("tomas", 4, _PRODUCTION, "As good as v3 and fast enough for the bench", undecided=True),
            Step("tomas", 2, alias="champion"),
            Step("tomas", 4, alias="challenger"),
        ),
        (
            Card(
                "tomas",
                {
                    "model_details": "Trees or a line on **30 figures** of cell nuclei; says *malignant* or *benign*.",
                    "intended_use": "A second opinion for pathologists who look at fine needle biopsies.",
                },
                "First words",
            ),
            Card(
                "amara",
                {
                    "intended_use": "A second opinion for pathologists who look at fine needle biopsies.\n\n"
                    "- shown **after** the pathologist has decided\n- kept with the case",
                    "out_of_scope_use": "Children, and any tissue but breast. Never a diagnosis by itself.",
                    "human_oversight": "Every case is signed by a pathologist; the ward can switch it off.",
                    "contact": "pathology-ml, Amara Okafor",
                },
                "After the meeting with the ward",
            ),
            Card(
                "tomas",
                {
                    "training_data": "398 patients of one clinic, 1995.",
                    "evaluation_data": "171 patients held out, split once by label.",
                    "metrics": "| | accuracy |\n|---|---:|\n| all | see the run |\n",
                    "limitations": "Slow on the bench: a slide takes some milliseconds per tree.",
                },
                "Written with the transition",
                version=4,
            ),
        ),
    ),
    Entry(
        "oncology",
        "tumour-screening",
        "tomas",
        "tumour-screening",
        "breast-cancer",
        "Cheap models for a first look.",
        "A first look that has to be *cheap*: sorts the slides, nothing more.",
        {"domain": "pathology", "risk": "medium"},
        (
            Made("bayes", 28, GaussianNB, "Needs no training to speak of."),
            Made("neighbours", 26, lambda: KNeighborsClassifier(9), "Looks at the nine nearest."),
        ),
        (Step("amara", 2, _STAGING, "Goes to the bench for a week"),),
    ),
    Entry(
        "winery",
        "cultivar-classifier",
        "zoe",
        "cultivar-candidates",
        "wine",
        "What could go on the bench.",
        "Which of three cultivars is in the bottle.\n\n```python\nmodel.predict(bottle)\n```",
        {"domain": "laboratory", "risk": "low"},
        (
            Made("softmax", 52, lambda: LogisticRegression(C=1.0), "Plain and quick."),
            Made("forest", 38, lambda: RandomForestClassifier(60, random_state=SEED), "Hardly better."),
            Made("softmax-strict", 17, lambda: LogisticRegression(C=0.1), "Stronger penalty."),
            Made("svc-rbf", 2, lambda: SVC(C=10, gamma=0.02), "Best of the kernel grid."),
        ),
        (
            Step("zoe", 1, _STAGING, "First candidate"),
            Step("zoe", 1, _PRODUCTION, "Nothing to lose"),
            Step("mei", 2, _STAGING, "Try the forest"),
            Step("yuki", 2, _ARCHIVED, "Not worth its size"),
            Step("zoe", 3, _STAGING, "Steadier from night to night"),
            Step("zoe", 3, _PRODUCTION, "A month of quiet nights"),
            Step("zoe", 4, _STAGING, "Found by the grid"),
            Step("zoe", 3, alias="champion"),
            Step("mei", 4, alias="challenger"),
        ),
    ),
    Entry(
        "winery",
        "cultivar-kernel",
        "zoe",
        "cultivar-candidates",
        "wine",
        "What could go on the bench.",
        "An attempt with kernels, given up in favour of `cultivar-classifier`.",
        {"domain": "laboratory"},
        (
            Made("svc-poly", 45, lambda: SVC(kernel="poly", degree=3), "Cubic kernel."),
            Made("svc-linear", 44, lambda: SVC(kernel="linear"), "Linear kernel."),
        ),
        (
            Step("zoe", 1, _STAGING, "See how it does"),
            Step("zoe", 1, _ARCHIVED, "Given up"),
            Step("yuki", 2, _ARCHIVED, "Given up"),
        ),
    ),
    Entry(
        "post-sorting",
        "digit-reader",
        "mei",
        "digit-candidates",
        "digits",
        "Networks that may go to the machines.",
        "Reads one handwritten digit of 8 by 8 pixels.\n\n> Below 95 % accuracy the letters go to a person.",
        {"domain": "vision", "risk": "medium", "runs-on": "edge"},
        (
            Made("net-16", 60, lambda: MLPClassifier((16,), max_iter=150, random_state=SEED), "Tiny."),
            Made("net-64", 47, lambda: MLPClassifier((64,), max_iter=120, random_state=SEED), "Small."),
            Made("net-64-32", 33, lambda: MLPClassifier((64, 32), max_iter=120, random_state=SEED), "Two layers."),
            Made("net-128", 20, lambda: MLPClassifier((128,), max_iter=120, random_state=SEED), "Wide."),
            Made("svc-digits", 8, lambda: SVC(C=5, gamma=0.01), "No network at all."),
        ),
        (
            Step("mei", 1, _STAGING, "First that fits the machine"),
            Step("mei", 1, _PRODUCTION, "Machines 1 to 4"),
            Step("mei", 2, _STAGING, "Fewer letters for people"),
            Step("mei", 2, _PRODUCTION, "96 % on the holdout"),
            Step("zoe", 3, _STAGING, "Two layers"),
            Step("yuki", 3, _ARCHIVED, "No gain over v2"),
            Step("zoe", 4, _STAGING, "Better at 8 and 9"),
            Step("mei", 4, _PRODUCTION, "All machines"),
            Step("mei", 5, _STAGING, "Smaller and as good"),
            Step("mei", 4, alias="champion"),
            Step("zoe", 5, alias="challenger"),
        ),
        (
            Card(
                "mei",
                {
                    "model_details": "Reads one digit of 8 by 8 grey pixels.",
                    "intended_use": "Sorting machines 1 to 9.",
                    "human_oversight": "Below 95 % a person reads the letter.",
                },
                "For the machines",
            ),
        ),
    ),
    Entry(
        "diabetes-care",
        "progression-forecast",
        "zoe",
        "progression-candidates",
        "diabetes",
        "Candidates for the forecast.",
        "How far the disease goes on within a year, from ten figures of the first visit.",
        {"domain": "care", "risk": "high"},
        (
            Made("ridge", 36, lambda: Ridge(alpha=1.0), "All ten figures."),
            Made("elastic-net", 19, lambda: ElasticNet(alpha=1.0, l1_ratio=0.8), "Leaves three figures out."),
            Made("boosting", 5, lambda: GradientBoostingRegressor(random_state=SEED), "Trees, one upon the other."),
        ),
        (
            Step("zoe", 1, _STAGING, "Simple and known"),
            Step("zoe", 1, _PRODUCTION, "Agreed with the ward"),
            Step("zoe", 2, _STAGING, "Same error, fewer blood tests"),
            Step("zoe", 2, _PRODUCTION, "Fewer tests for the patients"),
            Step("zoe", 2, alias="champion"),
        ),
    ),
)

_LAST_LETTER = (
    "Write a kind letter of at most 120 words to {{patient}}, in plain words. "
    "Their forecast is {{value}} on a scale of 25 to 350; say what it means and do not name the number. "
    "End with the next visit on {{visit}}."
)
#: Project, writer, name, and the texts of its versions with what was said about each.
PROMPTS = (
    (
        "diabetes-care",
        "zoe",
        "summary-letter",
        (
            ("Write a letter to {{patient}} about a forecast of {{value}}.", "First draft"),
            ("Write a kind letter to {{patient}}. Their forecast is {{value}}; do not name the number.", "Kinder"),
            (_LAST_LETTER, "Shorter, with the next visit"),
        ),
    ),
)

VIEWS = (
    View("zoe", "winery", "cultivar-nightly", "nights that failed", "q=status+%3D+%27FAILED%27"),
    View("zoe", "winery", "cultivar-nightly", "best nights", "q=metrics.accuracy+%3E+0.97&sort=-metrics.accuracy"),
    View("zoe", "winery", "cultivar-nightly", "by host", "group=tags.host"),
    View("tomas", "oncology", "tumour-forests", "by criterion", "group=params.criterion"),
    View("zoe", "post-sorting", "digit-networks", "what blew up", "q=status+%3D+%27KILLED%27"),
)
