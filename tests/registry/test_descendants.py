"""What a run's page learns of the versions that were made of it."""

from registry import operations
from tests.registry.conftest import SOURCE
from tracking.descendants import descendants_of


def test_a_run_knows_the_versions_made_of_it(contributor, viewer, outsider, model, run):
    for _ in range(2):
        operations.create_model_version(contributor, model, SOURCE, run_uid=run.uid)

    (second, first) = descendants_of(viewer, [run.uid])[run.uid]
    assert (second.label, second.url, second.stage) == ("fraud v2", "/models/default/fraud/versions/2", "None")
    assert first.label == "fraud v1"
    assert not descendants_of(outsider, [run.uid])


def test_versions_in_the_trash_are_not_named(contributor, viewer, model, run):
    version = operations.create_model_version(contributor, model, SOURCE, run_uid=run.uid)
    operations.delete_model_version(contributor, version)

    assert not descendants_of(viewer, [run.uid])


def test_a_logged_model_knows_the_versions_made_of_it(contributor, viewer, model, run, logged_model):
    operations.create_model_version(
        contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid
    )

    assert [one.label for one in descendants_of(viewer, [logged_model.uid])[logged_model.uid]] == ["fraud v1"]
    assert [one.label for one in descendants_of(viewer, [run.uid])[run.uid]] == ["fraud v1"]
