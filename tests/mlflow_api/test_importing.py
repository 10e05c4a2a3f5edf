"""What a server says of itself is carried once, also when the import is cut short.

From a real server it is in tests/mlflow_client.
"""

import contextlib
import io
from types import SimpleNamespace

import pytest

from audit.exceptions import Unavailable
from lineage.models import Edge, Node
from lineage.vocabulary import EdgeKind
from mlflow_api.importing.carrying import Carrier
from mlflow_api.importing.source import SourceFailed
from registry.models import AliasInterval, ModelVersion
from tracking.models import Experiment, LoggedModel, Run

RUN, MODEL = "a" * 32, "m-" + "b" * 32
POINTS = [{"key": "auc", "value": value, "timestamp": 5, "step": step} for step, value in enumerate((0.5, 0.75, "NaN"))]
FILE = b"weights"


class Saying:
    """A source with one experiment, one run, one logged model, and two versions of a registered model."""

    address = "http://source"

    def __init__(self, *, fails_at=""):
        self.fails_at = fails_at

    def experiments(self):
        yield {"experiment_id": "7", "name": "churn", "tags": [{"key": "note", "value": "x"}]}

    def runs(self, experiment_id):
        self._maybe_fail("runs")
        yield {
            "info": {
                "run_id": RUN, "run_name": "try", "status": "FINISHED", "start_time": 1000, "end_time": 2000,
                "user_id": "ada",
            },
            "data": {
                "params": [{"key": f"p{number}", "value": "1"} for number in range(150)],
                "tags": [{"key": "mlflow.runName", "value": "try"}, {"key": "team", "value": "risk"}],
                "metrics": [{"key": "auc", "value": 0.75}],
            },
            "inputs": {"dataset_inputs": [{"dataset": {
                "name": "loans", "digest": "12345678", "source_type": "s3", "source": "{\"uri\": \"s3://lake/loans\"}",
            }}]},
            "outputs": {"model_outputs": [{"model_id": MODEL, "step": 0}]},
        }  # fmt: skip

    def deleted_runs(self, experiment_id):
        return 1

    def points(self, run_id, key):
        yield from POINTS

    def logged_models(self, experiment_id):
        self._maybe_fail("logged models")
        yield {
            "info": {"model_id": MODEL, "name": "model", "status": "LOGGED_MODEL_READY", "source_run_id": RUN},
            "data": {"metrics": [{"key": "auc", "value": 0, "timestamp": 5, "step": 2, "run_id": RUN}]},
        }

    def run_files(self, run_id):
        yield {"path": "notes/a.txt", "file_size": len(FILE)}

    def model_files(self, model_id):
        self._maybe_fail("files")
        yield {"path": "MLmodel", "file_size": len(FILE)}

    @contextlib.contextmanager
    def run_file(self, run_id, path):
        headers = {"Content-Length": str(len(FILE))}
        yield SimpleNamespace(raw=SimpleNamespace(read=io.BytesIO(FILE).read), headers=headers)

    model_file = run_file

    def registered_models(self):
        self._maybe_fail("models")
        yield {"name": "fraud", "description": "Finds fraud", "aliases": [{"alias": "champion", "version": "3"}]}

    def versions(self, name):
        source = {"source": f"models:/{MODEL}", "run_id": RUN, "user_id": "ada", "creation_timestamp": 5}
        return [
            {"version": "1", "current_stage": "Staging", **source},
            {"version": "3", "current_stage": "None", "tags": [{"key": "k", "value": "v"}], **source},
        ]

    def _maybe_fail(self, at):
        if self.fails_at == at:
            raise (SourceFailed if at == "files" else Unavailable)("The source went away.")


def carry(actor, project, **source):
    return Carrier(Saying(**source), actor, project, lambda line: None).carry()


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_everything_arrives_as_it_was(contributor, project):
    report = carry(contributor, project)

    assert dict(report.carried) == {
        "experiments": 1, "runs": 1, "logged models": 1, "files": 2, "models": 1, "versions": 2,
    }  # fmt: skip
    assert report.left == ["1 deleted runs of churn: deleted runs are not carried"]
    run = Run.objects.get(uid=RUN)
    assert (run.name, run.status, run.start_time, run.end_time) == ("try", "FINISHED", 1000, 2000)
    assert run.params.count() == 150
    tags = dict(run.tags.values_list("key", "value"))
    assert tags["stagekeeper.import.user"] == "ada"
    assert tags["stagekeeper.import.from"] == "http://source"
    assert run.latest_metrics.get(key="auc").is_nan
    assert LoggedModel.objects.get(uid=MODEL).source_run == run
    first, third = ModelVersion.objects.order_by("number")
    assert (first.number, first.stage, third.number, third.stage) == (1, "Staging", 3, "None")
    assert AliasInterval.objects.open().get(alias="champion").version == third


def test_its_lineage_is_captured_like_that_of_our_own(contributor, project):
    carry(contributor, project)

    run = Node.objects.get(key=f"run:local/{RUN}")
    model = Node.objects.get(key=f"art:logged-model:local/{MODEL}")
    assert Edge.objects.filter(src=run, dst=model, kind=EdgeKind.GENERATED).exists()
    assert {edge.src.kind for edge in Edge.objects.filter(dst=run, kind=EdgeKind.USED).select_related("src")}
    assert Node.objects.filter(key__startswith="mv:local/").count() == 2


@pytest.mark.parametrize("place", ["runs", "logged models", "models"])
def test_an_import_that_was_cut_short_goes_on(contributor, project, place):
    with pytest.raises(Unavailable):
        carry(contributor, project, fails_at=place)

    carry(contributor, project)
    again = carry(contributor, project)

    assert not again.carried
    assert sum(again.known.values()) == 8
    assert (Experiment.objects.filter(name="churn").count(), Run.objects.count()) == (1, 1)


def test_a_folder_that_cannot_be_read_is_reported(contributor, project):
    report = carry(contributor, project, fails_at="files")

    assert f"files of logged model {MODEL}: The source went away." in report.left
    assert "stage Staging of fraud 1: its files are not all here" in report.left
    assert carry(contributor, project).carried == {"files": 1}
    assert ModelVersion.objects.get(number=1).stage == "Staging"


def test_those_who_may_not_write_carry_nothing(viewer, project):
    report = carry(viewer, project)

    assert not report.carried
    assert any("churn" in line for line in report.left)
    assert not Run.objects.exists()


def test_a_number_that_was_used_is_never_used_again(contributor, project):
    from registry.exceptions import NumberTaken
    from registry.operations import create_model_version, create_registered_model

    carry(contributor, project)
    model = create_registered_model(contributor, project, "other")
    create_model_version(contributor, model, f"models:/{MODEL}", logged_model_uid=MODEL, run_uid=RUN, number=5)
    model.refresh_from_db()
    with pytest.raises(NumberTaken):
        create_model_version(contributor, model, f"models:/{MODEL}", logged_model_uid=MODEL, run_uid=RUN, number=5)
    assert model.next_version == 6
