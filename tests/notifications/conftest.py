"""The scene of most webhook tests: a receiver on this machine, and a webhook of the maintainer that leads there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Project
from accounts.principals import Principal
from notifications import operations
from notifications.models import Webhook
from registry.models import ModelVersion, RegisteredModel
from registry.operations import create_model_version, create_registered_model
from tests.notifications.receivers import Receiver, running_receiver

SECRET = "a secret that only two know"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver on this machine, to which webhooks may go."""
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    with running_receiver() as running:
        yield running


@pytest.fixture
def make_webhook(maintainer: Principal, project: Project, receiver: Receiver) -> Callable[..., Webhook]:
    """Makes a webhook that leads to the receiver."""

    def make(*events: str, by: Principal = maintainer, **given: Any) -> Webhook:
        wanted = {"name": "chat", "url": receiver.url, "secret": SECRET} | given
        return operations.create_webhook(by, project, events=events or ["registered_model.created"], **wanted)

    return make


@pytest.fixture
def webhook(make_webhook: Callable[..., Webhook]) -> Webhook:
    """A webhook that is told of new models."""
    return make_webhook()


@pytest.fixture
def model(contributor: Principal, project: Project) -> RegisteredModel:
    """The model `fraud`; made after the webhooks that a test asks for before it."""
    return create_registered_model(contributor, project, "fraud", tags={"team": "risk"}, description="Finds fraud")


@pytest.fixture
def version(contributor: Principal, model: RegisteredModel) -> ModelVersion:
    """Version 1 of `fraud`."""
    return create_model_version(contributor, model, "s3://bucket/fraud", tags={"seed": "7"})
