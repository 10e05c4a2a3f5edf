"""Search finds what somebody may see, by what they would type, at a fixed price."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import create_project, create_team, create_user, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from artifacts.models import ArtifactFile
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from registry import operations as registry
from registry.models import ModelVersion
from registry.rules import Stage
from tests.conftest import PASSWORD
from tests.native_api import call
from tracking import operations as tracking
from tracking.queries import find_space_owner
from web.search.hits import Kind
from web.search.queries import search

COMMIT = "3f2a91c4" + "0" * 32


@pytest.fixture
def scene(maintainer, project, tmp_path, settings):
    """A model `fraud` with versions, and the run it came from."""
    settings.ARTIFACT_ROOT = str(tmp_path)
    experiment = tracking.create_experiment(maintainer, project, name="fraud training")
    tags = [{"key": "mlflow.source.git.commit", "value": COMMIT}]
    run = tracking.create_run(maintainer, project, experiment_id=str(experiment.pk), name="sneaky-fox", tags=tags).head
    dataset = {"name": "transactions", "digest": "d1a2b3c4", "source_type": "local", "source": "x"}
    tracking.log_inputs(maintainer, project, run.uid, datasets=[{"dataset": dataset, "tags": []}])
    logged = tracking.create_logged_model(maintainer, project, experiment_id=str(experiment.pk), name="forest")
    space = space_of(maintainer, find_space_owner(project, OwnerKind.RUN, run.uid))
    content = iter([b"weights", b""])
    store_file(maintainer, space, "model/weights.bin", Incoming(lambda size: next(content), length=7))
    model = registry.create_registered_model(maintainer, project, "fraud")
    versions = [
        registry.create_model_version(maintainer, model, f"runs:/{run.uid}/model", run_uid=run.uid) for _ in range(3)
    ]
    registry.transition_stage(maintainer, versions[0], Stage.STAGING)
    registry.transition_stage(maintainer, versions[0], Stage.PRODUCTION)
    registry.set_alias(maintainer, versions[1], "champion")
    registry.create_registered_model(maintainer, project, "fraud-eu")
    return {"run": run.uid, "experiment": experiment.pk, "logged": logged.uid, "versions": versions}


def found(principal, text, **options):
    return {group.kind: [hit.title for hit in group.hits] for group in search(principal, text, **options)}


def test_a_name_finds_everything_that_is_called_so(viewer, scene):
    groups = found(viewer, "fraud")

    assert groups[Kind.MODELS] == ["fraud", "fraud-eu"]
    assert groups[Kind.VERSIONS] == ["fraud v1"]
    assert groups[Kind.EXPERIMENTS] == ["fraud training"]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("fraud 3", "fraud v3"),
        ("fraud/3", "fraud v3"),
        ("models:/fraud/3", "fraud v3"),
        ("fraud@champion", "fraud v2"),
        ("fraud@Champion", "fraud v2"),
        ("models:/fraud@champion", "fraud v2"),
        ("fraud@production", "fraud v1"),
        ("models:/fraud/Production", "fraud v1"),
        ("http://host/#/models/fraud/versions/3", "fraud v3"),
    ],
)
def test_a_version_is_found_before_everything_else(viewer, scene, text, version):
    groups = found(viewer, text)

    assert next(iter(groups)) is Kind.VERSIONS
    assert groups[Kind.VERSIONS] == [version]


def test_the_newest_version_is_found_as_latest(viewer, scene):
    assert found(viewer, "fraud@latest")[Kind.VERSIONS][0] == "fraud v3"


def test_a_run_is_found_by_id_and_name_and_leads_to_its_versions(viewer, scene):
    assert found(viewer, scene["run"])[Kind.RUNS] == ["sneaky-fox"]
    assert found(viewer, scene["run"])[Kind.VERSIONS] == ["fraud v3", "fraud v2", "fraud v1"]
    assert found(viewer, scene["run"][:6])[Kind.RUNS] == ["sneaky-fox"]
    assert found(viewer, "sneaky")[Kind.RUNS] == ["sneaky-fox"]
    assert found(viewer, "fox")[Kind.RUNS] == ["sneaky-fox"]
    assert found(viewer, f"http://host/#/experiments/1/runs/{scene['run']}") == {
        Kind.VERSIONS: ["fraud v3", "fraud v2", "fraud v1"],
        Kind.RUNS: ["sneaky-fox"],
    }


def test_what_has_a_digest_is_found_by_its_beginning(viewer, scene):
    version = ModelVersion.objects.get(pk=scene["versions"][0].pk)
    file = ArtifactFile.objects.get()

    assert found(viewer, version.content_digest[:8])[Kind.VERSIONS] == ["fraud v1"]
    assert found(viewer, f"sha256:{file.sha256[:10]}")[Kind.FILES] == ["model/weights.bin"]
    assert found(viewer, "d1a2b3c4")[Kind.DATASETS] == ["transactions"]
    assert found(viewer, COMMIT[:7])[Kind.COMMITS] == [COMMIT[:12]]


def test_other_things_are_found_by_name(viewer, admin, project, scene):
    create_team(admin, "risk-office", project)

    assert found(viewer, "trans")[Kind.DATASETS] == ["transactions"]
    assert found(viewer, "for")[Kind.LOGGED_MODELS] == ["forest"]
    assert found(viewer, scene["logged"][:9])[Kind.LOGGED_MODELS] == ["forest"]
    assert found(viewer, str(scene["experiment"]))[Kind.EXPERIMENTS] == ["fraud training"]
    assert found(viewer, "faul")[Kind.PROJECTS] == ["default"]
    assert found(viewer, "office")[Kind.TEAMS] == ["risk-office"]
    assert found(viewer, "maintain")[Kind.PEOPLE] == ["maintainer"]


def test_an_e_mail_address_is_known_to_those_who_keep_people_alone(viewer, admin):
    create_user(CONSOLE, "grace", password=PASSWORD, email="hopper@example.org")

    assert found(admin, "hopper@example.org") == {Kind.PEOPLE: ["grace"]}
    assert found(viewer, "hopper@example.org") == {}


def test_an_outsider_finds_colleagues_and_nothing_else(outsider, scene):
    texts = [
        "fraud",
        "fraud/1",
        scene["run"],
        scene["run"][:6],
        "sneaky",
        "trans",
        "d1a2b3c4",
        COMMIT,
        "faul",
        "forest",
    ]
    texts += [ModelVersion.objects.get(pk=scene["versions"][0].pk).content_digest, ArtifactFile.objects.get().sha256]

    assert [found(outsider, text) for text in texts] == [{}] * len(texts)
    assert found(outsider, "maintain") == {Kind.PEOPLE: ["maintainer"]}


def test_what_lies_in_the_trash_is_not_found(maintainer, project, scene):
    tracking.delete_run(maintainer, project, _spare_run(maintainer, project, scene))
    registry.delete_registered_model(maintainer, registry.create_registered_model(maintainer, project, "spare-model"))

    assert found(maintainer, "spare") == {}


def _spare_run(principal, project, scene):
    return tracking.create_run(principal, project, experiment_id=str(scene["experiment"]), name="spare").head.uid


@pytest.mark.parametrize(
    "text", ["", "  ", "\0", "%", "_", "'", '"', "\\", "\U0010ffff", "é", "<b>", "models:/", "9" * 40]
)
def test_any_text_is_answered(viewer, scene, text, session_of):
    assert session_of(viewer).get("/search", {"q": text}).status_code == 200
    assert session_of(viewer).get("/search/suggest", {"q": text}).status_code == 200


def test_more_of_one_kind_stands_at_its_own_address(viewer, maintainer, project, scene, session_of):
    for number in range(9):
        registry.create_registered_model(maintainer, project, f"fraud-{number}")
    browser = session_of(viewer)

    (models,) = [group for group in browser.get("/search?q=fraud").context["groups"] if group.kind == Kind.MODELS]
    (alone,) = browser.get("/search?q=fraud&kind=models").context["groups"]

    assert (len(models.hits), models.more) == (6, True)
    assert (len(alone.hits), alone.more) == (11, False)
    assert "More models" in browser.get("/search?q=fraud").content.decode()


def test_a_page_marks_what_was_searched_for_and_escapes_the_rest(viewer, maintainer, project, session_of):
    tracking.create_experiment(maintainer, project, name="<script>alert(1)</script>")

    page = session_of(viewer).get("/search?q=ALERT").content.decode()

    assert "&lt;script&gt;<mark>alert</mark>(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_suggestions_are_options_of_a_list(viewer, scene, session_of):
    page = session_of(viewer).get("/search/suggest?q=fraud").content.decode()

    assert page.count('role="option"') == 5
    assert "All results for “fraud”" in page
    assert f'data-person="{viewer.uid}"' in page
    assert "Profile and tokens" in session_of(viewer).get("/search/suggest").content.decode()


def test_the_api_answers_the_same(viewer, scene, client_of):
    answer = call(client_of(viewer), "get", "/search", {"q": "fraud", "limit": 1})

    first = answer["groups"][0]
    assert (first["kind"], first["more"], [hit["title"] for hit in first["hits"]]) == ("models", True, ["fraud"])
    only = call(client_of(viewer), "get", "/search", {"q": "fraud", "kind": ["versions", "experiments"]})
    assert [group["kind"] for group in only["groups"]] == ["versions", "experiments"]
    assert call(client_of(viewer), "get", "/search", {"q": "fraud", "kind": "x"}, status=400)
    assert call(client_of(viewer), "get", "/search", status=400)


def test_a_token_of_one_project_finds_what_is_in_it(admin, scene, client_of):
    other = create_project(CONSOLE, "elsewhere", admin=admin.user)
    admin = Principal(admin.user, auth="session")
    registry.create_registered_model(admin, other, "fraud-elsewhere")

    answer = call(client_of(admin, project=other), "get", "/search", {"q": "fraud"})

    assert [hit["title"] for group in answer["groups"] for hit in group["hits"]] == ["fraud-elsewhere"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("00ff" * 4, "registry_version_by_digest"),
        ("00ff" * 4, "artifacts_file_by_digest"),
        ("00ff" * 4, "tracking_run_tag_value"),
        ("00ff" * 8, "registry_version_by_run"),
        ("sneaky", "tracking_run_name"),
    ],
)
def test_what_there_is_a_lot_of_is_looked_up_by_an_index(viewer, scene, text, index):
    with CaptureQueriesContext(connection) as queries:
        search(viewer, text)

    with connection.cursor() as cursor:
        plans = []
        for query in queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [row[3] for row in cursor.fetchall()]
    assert any(index in plan for plan in plans)


@pytest.mark.parametrize("text", ["fraud", "fraud 1", "fraud@champion", COMMIT[:8], "0123456789abcdef" * 2, "12"])
def test_a_search_costs_the_same_however_much_there_is(maintainer, project, admin, scene, text):
    def cost():
        principal = Principal(maintainer.user, auth="session")
        with CaptureQueriesContext(connection) as queries:
            search(principal, text)
        return len(queries)

    few = cost()
    for number in range(12):
        model = registry.create_registered_model(maintainer, project, f"fraud-{number}")
        registry.set_alias(maintainer, registry.create_model_version(maintainer, model, "s3://b/m"), "champion")
        experiment = tracking.create_experiment(maintainer, project, name=f"fraud {number}")
        for _ in range(3):
            tags = [{"key": "mlflow.source.git.commit", "value": COMMIT}]
            tracking.create_run(
                maintainer, project, experiment_id=str(experiment.pk), name=f"fraud-{number}", tags=tags
            )
        person = create_user(CONSOLE, f"fraud{number}", password=PASSWORD)
        grant_role(admin, person, Role.VIEWER, project)

    assert cost() == few <= 16
