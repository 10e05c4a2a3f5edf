"""The scene of tests about deployments: versions of `fraud` in Production, and the environment `prod`."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Role
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from deployments.models import Deployment, Environment
from deployments.operations import create_environment, request_deployment
from registry.models import ModelVersion, RegisteredModel
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.deployments.steps import run
from tracking.operations import create_experiment, create_run
from tracking.queries import find_space_owner

IMAGE = "sha256:" + "ab" * 32
OTHER_IMAGE = "sha256:" + "cd" * 32


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.ARTIFACT_ROOT = str(tmp_path)


@pytest.fixture
def deployer(cast) -> Principal:
    """May deploy in the default project."""
    return cast("deployer", Role.DEPLOYER)


@pytest.fixture
def model(contributor: Principal, project: Project) -> RegisteredModel:
    """The model `fraud`, owned by the contributor."""
    return create_registered_model(contributor, project, "fraud")


@pytest.fixture
def register(contributor: Principal, model: RegisteredModel, project: Project) -> Callable[..., ModelVersion]:
    """Registers one more version of `fraud` from a run with a file; in Production unless another stage is named."""

    def make(stage: Stage = Stage.PRODUCTION, content: bytes = b"weights", **given: Any) -> ModelVersion:
        number = model.versions.count() + 1
        experiment = create_experiment(contributor, project, name=f"trial {number}", tags=[])
        uid = create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
        space = space_of(contributor, find_space_owner(project, OwnerKind.RUN, uid))
        data = content + str(number).encode()
        store_file(contributor, space, "model/weights.bin", Incoming(BytesIO(data).read, length=len(data)))
        version = create_model_version(contributor, model, f"runs:/{uid}/model", run_uid=uid, **given)
        return transition_stage(contributor, version, stage) if stage != Stage.NONE else version

    return make


@pytest.fixture
def version(register) -> ModelVersion:
    """Version 1 of `fraud`, in Production."""
    return register()


@pytest.fixture
def environment(maintainer: Principal, project: Project) -> Environment:
    """Takes versions in Production."""
    return create_environment(maintainer, project, "prod", kind="production", required_stage="Production")


@pytest.fixture
def deployment(deployer: Principal, version: ModelVersion, environment: Environment) -> Deployment:
    """Version 1, permitted to run in `prod`."""
    return request_deployment(deployer, version, environment, image_digest=IMAGE)


@pytest.fixture
def running(deployer: Principal, deployment: Deployment) -> Deployment:
    """Version 1, running in `prod`."""
    return run(deployer, deployment)
