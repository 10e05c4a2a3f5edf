"""``/runs/<uid>/artifacts`` and ``/logged-models/<uid>/artifacts``."""

from abc import abstractmethod
from typing import Any, ClassVar

from accounts.models import Project
from accounts.principals import Principal
from artifacts.api.files import FolderView, Place, WritableFileView
from artifacts.models import ArtifactSpace
from artifacts.operations import space_of
from artifacts.uris import OwnerKind
from tracking.exceptions import NoSuchLoggedModel, NoSuchRun
from tracking.models import Lifecycle, LoggedModel, Run
from tracking.queries import find_space_owner


class _Owned:
    """The artifacts of a run or logged model, by its uid."""

    kind: ClassVar[OwnerKind]

    @abstractmethod
    def project(self, actor: Principal, uid: str) -> Project:
        """The project of the owner. Raises `NotFound` when ``actor`` may not see it."""

    def place(self, actor: Principal, **address: Any) -> Place:
        project, uid = self.project(actor, **address), address["uid"]
        space = ArtifactSpace.objects.filter(uid=uid).first()
        if space is None:
            find_space_owner(project, self.kind, uid)  # Refuses when the artifacts lie outside of this house.
        return Place(space)

    def open_space(self, actor: Principal, **address: Any) -> ArtifactSpace:
        return space_of(actor, find_space_owner(self.project(actor, **address), self.kind, address["uid"]))


class _OfRun(_Owned):
    kind = OwnerKind.RUN

    def project(self, actor: Principal, uid: str) -> Project:
        run = Run.objects.visible_to(actor).select_related("experiment__project").filter(uid=uid).first()
        if run is None:
            raise NoSuchRun(f"There is no run {uid}, or you may not see it.")
        return run.experiment.project


class _OfLoggedModel(_Owned):
    kind = OwnerKind.LOGGED_MODEL

    def project(self, actor: Principal, uid: str) -> Project:
        models = LoggedModel.objects.visible_to(actor).filter(lifecycle_stage=Lifecycle.ACTIVE)
        model = models.select_related("experiment__project").filter(uid=uid).first()
        if model is None:
            raise NoSuchLoggedModel(f"There is no logged model {uid}, or you may not see it.")
        return model.experiment.project


class RunFolderView(_OfRun, FolderView):
    """The files and folders in a folder of a run's artifacts."""


class RunFileView(_OfRun, WritableFileView):
    """A file among a run's artifacts."""


class LoggedModelFolderView(_OfLoggedModel, FolderView):
    """The files and folders in a folder of a logged model."""


class LoggedModelFileView(_OfLoggedModel, WritableFileView):
    """A file of a logged model."""
