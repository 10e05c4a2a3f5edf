"""Deleting files and folders."""

from django.db.models import Count, Sum

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.blockers import check_deletable, hold
from artifacts.models import ArtifactFile, ArtifactSpace, FileState
from artifacts.paths import parse_path
from artifacts.queries import digest_of
from artifacts.querysets import ArtifactFileQuerySet
from audit.event_types import EventType
from audit.operation import operation, record, require


@operation
def delete_artifacts(actor: Principal, space: ArtifactSpace, path: str = "") -> int:
    """Delete the file or the folder at ``path``, all files when it is empty; return how many files that were.

    Their bytes are erased soon after. Raises PermissionDenied, or StillNeeded with everything that depends on them.
    """
    require(Action.TRASH, space)
    hold()
    space = space.locked()
    files = _files_at(space, path)
    found = files.aggregate(count=Count("pk"), size=Sum("size", default=0))
    if not found["count"]:
        return 0
    check_deletable(space, path)
    before = {"path": path, "files": found["count"], "bytes": found["size"], "content_digest": digest_of(files)}
    files.update(live=False, state=FileState.DELETING)
    space.add(files=-found["count"], size=-found["size"])
    record(EventType.ARTIFACTS_DELETED, space, before=before)
    return int(found["count"])


def _files_at(space: ArtifactSpace, path: str) -> ArtifactFileQuerySet:
    live = ArtifactFile.objects.live().filter(space=space)
    if not path:
        return live
    parsed = parse_path(path.removesuffix("/"))
    return live.at(parsed) | live.below(parsed.as_folder)
