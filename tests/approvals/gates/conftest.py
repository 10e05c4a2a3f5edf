"""The scene of tests about gates: versions that came from runs with metrics, datasets, tags and files."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Project
from accounts.principals import Principal
from approvals.gates import evaluate_in
from approvals.gates.base import Context, Result
from approvals.models import PromotionRequest
from approvals.policy import Gate
from artifacts.models import ArtifactFile
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from registry import operations
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage
from tracking import operations as tracking
from tracking.models import Experiment, LoggedModel, Run
from tracking.queries import find_space_owner

Files = Mapping[str, bytes]
#: What `mlflow.sklearn.log_model` leaves, in small.
MODEL_FILES = {"MLmodel": b"flavors: {}\n", "model.pkl": b"weights", "requirements.txt": b"scikit-learn==1.5.2\n"}


@pytest.fixture(autouse=True)
def artifact_root(settings: Any, tmp_path: Path) -> Path:
    """The folder that keeps the artifacts of this test."""
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")
    return tmp_path / "artifacts"


@pytest.fixture
def experiment(contributor: Principal, project: Project) -> Experiment:
    """The contributor's experiment."""
    return tracking.create_experiment(contributor, project, name="training")


@pytest.fixture
def make_run(contributor: Principal, project: Project, experiment: Experiment) -> Callable[..., Run]:
    """Makes a run with metrics, params and tags; datasets are (name, digest, context)."""

    def make(
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        datasets: Sequence[tuple[str, str, str]] = (),
    ) -> Run:
        uid = tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
        points = [{"key": key, "value": value, "timestamp": 1} for key, value in (metrics or {}).items()]
        tracking.log_batch(contributor, project, uid, metrics=points, params=_pairs(params), tags=_pairs(tags))
        tracking.log_inputs(contributor, project, uid, datasets=[_dataset(*given) for given in datasets])
        return Run.objects.select_related("experiment").get(uid=uid)

    return make


@pytest.fixture
def make_logged_model(contributor: Principal, project: Project, experiment: Experiment) -> Callable[..., LoggedModel]:
    """Makes a logged model of a run."""

    def make(run: Run) -> LoggedModel:
        return tracking.create_logged_model(
            contributor, project, experiment_id=str(experiment.pk), name="model", source_run_id=run.uid
        )

    return make


@pytest.fixture
def measure(contributor: Principal, project: Project) -> Callable[..., None]:
    """Lets a run log a metric of a logged model, on a dataset if one is named."""

    def log(run: Run, model: LoggedModel, value: float, *, dataset: str = "", digest: str = "", at: int = 1) -> None:
        point: dict[str, Any] = {"key": "accuracy", "value": value, "timestamp": at, "model_id": model.uid}
        if digest:
            point |= {"dataset_name": dataset, "dataset_digest": digest}
        tracking.log_batch(contributor, project, run.uid, metrics=[point])

    return log


@pytest.fixture
def upload(contributor: Principal, project: Project) -> Callable[..., None]:
    """Stores files among the artifacts of a run or logged model, below a folder."""

    def put(owner: Run | LoggedModel, files: Files, folder: str = "") -> None:
        kind = OwnerKind.RUN if isinstance(owner, Run) else OwnerKind.LOGGED_MODEL
        space = space_of(contributor, find_space_owner(project, kind, owner.uid))
        for path, content in files.items():
            store_file(contributor, space, folder + path, Incoming(BytesIO(content).read, length=len(content)))

    return put


@pytest.fixture
def make_version(
    contributor: Principal, model: RegisteredModel, make_run: Callable[..., Run], upload: Callable[..., None]
) -> Callable[..., ModelVersion]:
    """Registers the files of a run as the next version of `fraud`; what is given is given to the run."""

    def make(
        *, run: Run | None = None, files: Files = MODEL_FILES, tags: Mapping[str, str] | None = None, **of_run: Any
    ) -> ModelVersion:
        run = run or make_run(**of_run)
        upload(run, files, "model/")
        return operations.create_model_version(
            contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid, tags=tags or {}
        )

    return make


@pytest.fixture
def register_logged(contributor: Principal, model: RegisteredModel) -> Callable[[LoggedModel], ModelVersion]:
    """Registers a logged model as the next version of `fraud`."""

    def register(logged: LoggedModel) -> ModelVersion:
        source = f"models:/{logged.uid}"
        return operations.create_model_version(contributor, model, source, logged_model_uid=logged.uid)

    return register


@pytest.fixture
def promote(maintainer: Principal) -> Callable[..., ModelVersion]:
    """Takes a version to Staging and, if asked, to Production, where the policy asks for nothing."""

    def go(version: ModelVersion, to: Stage = Stage.PRODUCTION) -> ModelVersion:
        version = operations.transition_stage(maintainer, version, Stage.STAGING)
        return operations.transition_stage(maintainer, version, to) if to != Stage.STAGING else version

    return go


@pytest.fixture
def judge(db: None) -> Callable[..., Result]:
    """Asks one gate about a version: what would it say about a step to Production now?"""

    def ask(
        version: ModelVersion,
        kind: str,
        *,
        stage: Stage = Stage.PRODUCTION,
        request: PromotionRequest | None = None,
        now: datetime | None = None,
        **config: Any,
    ) -> Result:
        fresh = ModelVersion.objects.select_related("model", "run", "logged_model").get(pk=version.pk)
        context = Context(fresh, request, now or timezone.now(), to_stage=str(stage), gate="the gate")
        return evaluate_in(context, Gate(kind, "the gate", config=config))

    return ask


@pytest.fixture
def spoil(artifact_root: Path) -> Callable[..., None]:
    """Changes the bytes of a stored file behind the server's back; None removes them."""

    def change(version: ModelVersion, name: str, content: bytes | None) -> None:
        file = ArtifactFile.objects.live().get(space__uid=version.space_uid, name=name)
        stored = artifact_root / file.storage_key
        if content is None:
            stored.unlink()
        else:
            stored.write_bytes(content)

    return change


def _pairs(items: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in (items or {}).items()]


def _dataset(name: str, digest: str, context: str) -> dict[str, Any]:
    dataset = {"name": name, "digest": digest, "source_type": "local", "source": "{}"}
    return {"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": context}]}
