"""What apps above say and offer on the pages of models and versions, such as deployments where a version runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from accounts.principals import Principal
from registry.models import ModelVersion, RegisteredModel


@dataclass(frozen=True, slots=True)
class Section:
    """A card on a page: ``template`` draws it and finds ``content`` under the name ``section``."""

    template: str
    content: Any


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that the reader may do with a version next: a button that leads to its page."""

    label: str
    url: str
    icon: str


#: Each takes a fixed number of queries, however much there is to say; None says nothing.
OfModel = Callable[[Principal, RegisteredModel], Section | None]
OfVersion = Callable[[Principal, ModelVersion], Section | None]
Steps = Callable[[Principal, ModelVersion], Iterable[NextStep]]

_of_models: list[OfModel] = []
_of_versions: list[OfVersion] = []
_steps: list[Steps] = []


def register(*, of_model: OfModel, of_version: OfVersion, steps: Steps) -> None:
    """Let an app say something of every model and version, and offer what can be done. For ``AppConfig.ready()``."""
    if of_model not in _of_models:
        _of_models.append(of_model)
        _of_versions.append(of_version)
        _steps.append(steps)


def sections_of_model(reader: Principal, model: RegisteredModel) -> list[Section]:
    """What there is to say of a model; nothing of prompts."""
    said = [tell(reader, model) for tell in _of_models] if not model.is_prompt else []
    return [section for section in said if section is not None]


def sections_of_version(reader: Principal, version: ModelVersion) -> list[Section]:
    """What there is to say of a version; nothing of prompts."""
    said = [tell(reader, version) for tell in _of_versions] if not version.is_prompt else []
    return [section for section in said if section is not None]


def next_steps(reader: Principal, version: ModelVersion) -> list[NextStep]:
    """What the reader may do with a version in use."""
    if version.is_prompt or not version.is_active:
        return []
    return [step for offer in _steps for step in offer(reader, version)]
