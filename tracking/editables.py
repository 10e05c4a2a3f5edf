"""What pages let people change on runs and logged models alike: note, tags, and whether they are deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from accounts.authorization import authorize
from accounts.principals import Principal
from accounts.roles import Action
from tracking import operations
from tracking.models import LoggedModel, LoggedModelTag, Run, RunTag
from tracking.queries.logged_model_page import find_logged_model
from tracking.queries.run_page import find_run

Thing = LoggedModel | Run


@dataclass(frozen=True, slots=True)
class Editable:
    """A kind of thing with its operations; ``page`` is the name of its address."""

    noun: str
    page: str
    find: Callable[[Principal, str], Any]
    set_tag: Callable[[Principal, Any, str, str], object]
    delete_tag: Callable[[Principal, Any, str], object]
    read_tag: Callable[[Any, str], str | None]

    def find_writable(self, principal: Principal, uid: str) -> Any:
        """The thing, if they may change it. Raises NotFound and PermissionDenied."""
        thing = self.find(principal, uid)
        authorize(principal, Action.WRITE, thing)
        return thing

    def put_tag(self, principal: Principal, thing: Any, key: str, value: str) -> None:
        """Set a tag, or take it off when there is no value. Harmless when nothing changes."""
        known = self.read_tag(thing, key)
        if value:
            if value != known:
                self.set_tag(principal, thing, key, value)
        elif known is not None:
            self.delete_tag(principal, thing, key)


def _set_run_tag(principal: Principal, run: Run, key: str, value: str) -> None:
    operations.set_run_tag(principal, run.experiment.project, run.uid, key=key, value=value)


def _delete_run_tag(principal: Principal, run: Run, key: str) -> None:
    operations.delete_run_tag(principal, run.experiment.project, run.uid, key=key)


def _read_run_tag(run: Run, key: str) -> str | None:
    return RunTag.objects.filter(run=run, key=key).values_list("value", flat=True).first()


def _set_model_tag(principal: Principal, model: LoggedModel, key: str, value: str) -> None:
    tags = [{"key": key, "value": value}]
    operations.set_logged_model_tags(principal, model.experiment.project, model.uid, tags=tags)


def _delete_model_tag(principal: Principal, model: LoggedModel, key: str) -> None:
    operations.delete_logged_model_tag(principal, model.experiment.project, model.uid, key=key)


def _read_model_tag(model: LoggedModel, key: str) -> str | None:
    return LoggedModelTag.objects.filter(logged_model=model, key=key).values_list("value", flat=True).first()


RUN: Final = Editable("run", "tracking:run", find_run, _set_run_tag, _delete_run_tag, _read_run_tag)
LOGGED_MODEL: Final = Editable(
    "logged model",
    "tracking:logged-model",
    find_logged_model,
    _set_model_tag,
    _delete_model_tag,
    _read_model_tag,
)
