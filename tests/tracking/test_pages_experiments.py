"""The list of experiments, and making, renaming, describing, deleting and restoring them by their pages."""

import pytest

from accounts.models import Project
from accounts.operations import create_project
from accounts.principals import Principal
from accounts.roles import Role
from tracking import operations
from tracking.models import Experiment
from tracking.queries import note_of


@pytest.fixture
def make_elsewhere(admin):
    """Makes an experiment in another project, which the administrator keeps."""

    def make(name, *, slug, title):
        other = create_project(admin, slug, name=title)
        return operations.create_experiment(Principal(admin.user, auth="session"), other, name=name)

    return make


@pytest.fixture
def pages(contributor, session_of):
    return session_of(contributor)


def text_of(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_experiments_with_their_runs(pages, make_run):
    make_run("one")
    make_run("two")

    page = text_of(pages, "/experiments")

    assert "churn" in page
    assert ">2</td>" in page
    assert "Running" in page


def test_experiments_of_other_projects_are_not_shown(make_elsewhere, pages):
    make_elsewhere("hidden-one", slug="secret", title="Secret")

    page = text_of(pages, "/experiments")

    assert "hidden-one" not in page
    assert "Secret" not in page


def test_the_list_is_filtered_by_project_and_name(make_elsewhere, admin, session_of, project):
    operations.create_experiment(admin, project, name="churn-daily")
    make_elsewhere("cards-daily", slug="fraud", title="Fraud")
    client = session_of(admin)

    assert "cards-daily" not in text_of(client, "/experiments?project=default")
    page = text_of(client, "/experiments?name=DAILY&project=fraud")
    assert "cards-daily" in page
    assert "churn-daily" not in page
    assert 'value="DAILY"' in page


@pytest.mark.parametrize(("sort", "first"), [("name", "a"), ("-name", "b"), ("-created", "b"), ("created", "a")])
def test_the_list_is_sorted(contributor, project, pages, sort, first):
    operations.create_experiment(contributor, project, name="a")
    operations.create_experiment(contributor, project, name="b")

    page = text_of(pages, f"/experiments?sort={sort}")
    places = {name: page.index(f'">{name}</a>') for name in ("a", "b")}

    assert min(places, key=places.get) == first


def test_the_experiment_at_work_last_comes_first(contributor, project, pages, make_run):
    idle = operations.create_experiment(contributor, project, name="idle")
    busy = operations.create_experiment(contributor, project, name="busy")
    make_run(start_time=1_000, experiment_id=str(idle.pk))
    make_run(start_time=2_000, experiment_id=str(busy.pk))

    page = text_of(pages, "/experiments")

    assert page.index(">busy</a>") < page.index(">idle</a>") < page.index(">Default</a>")


def test_deleted_experiments_are_shown_on_demand(contributor, project, experiment, pages):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    assert ">churn</a>" not in text_of(pages, "/experiments")
    assert ">churn</a>" in text_of(pages, "/experiments?lifecycle=deleted")
    assert ">Default</a>" in text_of(pages, "/experiments?lifecycle=all")


def test_long_lists_come_in_pages(contributor, project, pages, monkeypatch):
    monkeypatch.setattr("tracking.views.experiments._SIZE", 2)
    for name in "abc":
        operations.create_experiment(contributor, project, name=name)

    page = text_of(pages, "/experiments?sort=name")

    assert "Next page" in page
    assert ">Default</a>" in page
    assert ">c</a>" not in page


@pytest.mark.parametrize("address", ["?page_token=nonsense", "?sort=nonsense", "?project=%00", "?name=%00&lifecycle=x"])
def test_made_up_addresses_do_no_harm(pages, address):
    assert pages.get(f"/experiments{address}").status_code in (200, 400)


def test_an_empty_list_teaches(outsider, session_of):
    page = text_of(session_of(outsider), "/experiments")

    assert "No experiments yet" in page
    assert "MLFLOW_TRACKING_URI=http://testserver" in page
    assert "New experiment" not in page


def test_an_experiment_is_made(pages, project):
    sent = pages.post("/experiments/new", {"project": project.pk, "name": "billing", "note": "**What** for"})

    made = Experiment.objects.get(name="billing")
    assert sent["Location"] == f"/experiments/{made.pk}"
    assert note_of(made) == "**What** for"


def test_a_taken_name_is_said_and_the_rest_is_kept(pages, project, experiment):
    page = pages.post("/experiments/new", {"project": project.pk, "name": "churn", "note": "typed"}).content.decode()

    assert "already exists" in page
    assert "typed" in page


def test_a_missing_name_is_said_at_its_field(pages, project):
    page = pages.post("/experiments/new", {"project": project.pk, "name": " "}).content.decode()

    assert "This field is required" in page


def test_only_projects_that_one_may_write_to_are_offered(admin, pages, contributor):
    create_project(admin, "theirs", name="Theirs only")

    assert "Theirs only" not in text_of(pages, "/experiments/new")
    other = Project.objects.get(slug="theirs")
    assert (
        "Select a valid choice" in pages.post("/experiments/new", {"project": other.pk, "name": "x"}).content.decode()
    )


def test_a_viewer_is_offered_nothing_to_change(viewer, session_of, experiment):
    page = text_of(session_of(viewer), f"/experiments/{experiment.pk}")

    for word in ("rename", "/note", "/delete", "runs/tag"):
        assert f"/experiments/{experiment.pk}/{word}" not in page
    assert "New experiment" not in text_of(session_of(viewer), "/experiments")


def test_an_experiment_is_renamed(pages, experiment):
    pages.post(f"/experiments/{experiment.pk}/rename", {"name": "billing"})

    experiment.refresh_from_db()
    assert experiment.name == "billing"


def test_who_did_not_make_it_does_not_rename_it(cast, session_of, experiment):
    colleague = session_of(cast("colleague", Role.CONTRIBUTOR))

    assert colleague.get(f"/experiments/{experiment.pk}/rename").status_code == 403
    assert colleague.post(f"/experiments/{experiment.pk}/rename", {"name": "x"}).status_code == 403


def test_a_note_is_written_shown_and_taken_off(pages, experiment):
    address = f"/experiments/{experiment.pk}"

    pages.post(f"{address}/note", {"note": "Why **we** do it <script>alert(1)</script>"})
    page = text_of(pages, address)
    assert "<strong>we</strong>" in page
    assert "<script>alert" not in page

    pages.post(f"{address}/note", {"note": ""})
    assert note_of(experiment) == ""


def test_deleting_asks_first_and_says_what_happens(pages, experiment):
    page = text_of(pages, f"/experiments/{experiment.pk}/delete")
    experiment.refresh_from_db()
    assert "can be restored" in page
    assert experiment.lifecycle_stage == "active"

    pages.post(f"/experiments/{experiment.pk}/delete")
    experiment.refresh_from_db()
    assert experiment.lifecycle_stage == "deleted"


def test_a_deleted_experiment_is_restored(contributor, project, pages, experiment):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    assert "Restore" in text_of(pages, f"/experiments/{experiment.pk}")
    pages.post(f"/experiments/{experiment.pk}/restore")

    experiment.refresh_from_db()
    assert experiment.lifecycle_stage == "active"


@pytest.mark.parametrize(
    "page", ["", "/rename", "/note", "/delete", "/restore", "/views", "/runs.csv", "/live", "/group"]
)
def test_an_outsider_finds_no_experiment(outsider, session_of, experiment, page):
    assert session_of(outsider).get(f"/experiments/{experiment.pk}{page}").status_code == 404


def test_a_list_costs_the_same_at_any_length(contributor, project, pages, queries_of, make_run):
    few = queries_of(pages, "/experiments")
    for number in range(30):
        made = operations.create_experiment(contributor, project, name=f"more-{number}")
        make_run(experiment_id=str(made.pk))

    assert queries_of(pages, "/experiments") == few <= 7


def test_runs_are_counted_only_so_far(pages, make_run, monkeypatch):
    monkeypatch.setattr("tracking.queries.experiment_list.MOST_COUNTED", 2)
    for _ in range(3):
        make_run()

    assert "2+" in text_of(pages, "/experiments")
