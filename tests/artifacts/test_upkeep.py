"""Clearing what crashed uploads left, and comparing rows with what is stored."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone

from artifacts import tasks
from artifacts.models import ArtifactFile, FileState, Upload
from artifacts.operations import KEEPER, check_store, clear_overdue_uploads
from artifacts.operations.upkeep import clear_upload
from artifacts.queries import find_orphans
from artifacts.stores import get_store
from artifacts.stores.base import new_key
from artifacts.streaming import Incoming
from audit.exceptions import PermissionDenied, Unavailable
from audit.models import AuditEvent


def put(content: bytes = b"left behind") -> str:
    key = new_key()
    get_store().put(key, Incoming(BytesIO(content).read, length=len(content)))
    return key


@pytest.fixture
def ticket(contributor, space):
    """Makes the ticket of an upload that began some hours ago."""

    def ticket(key: str, hours: float, **values) -> Upload:
        started_at = timezone.now() - timedelta(hours=hours)
        return Upload.objects.create(key=key, space=space, name="a.txt", started_at=started_at, **values)

    return ticket


def test_what_an_upload_left_behind_is_cleared_after_a_day(ticket):
    key, running = put(), put()
    ticket(key, 25)
    ticket(running, 23)

    assert clear_overdue_uploads() == 1

    assert [found.key for found in get_store().objects()] == [running]
    assert [upload.key for upload in Upload.objects.all()] == [running]


def test_the_ticket_of_a_finished_upload_goes_without_its_bytes(ticket):
    key = put()
    ticket(key, 25, upload_id="x", part_count=1, done=True)

    clear_overdue_uploads()

    assert [found.key for found in get_store().objects()] == [key]
    assert not Upload.objects.exists()


def test_an_upload_cleared_by_another_worker_is_left_alone(ticket):
    upload = ticket(put(), 25)
    Upload.objects.all().delete()

    assert clear_upload(KEEPER, upload) is False


def test_a_store_that_does_not_answer_is_asked_again_later(ticket, monkeypatch):
    ticket(put(), 25)

    def refuse(self, key):
        raise Unavailable("The artifact store does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr("artifacts.stores.local.LocalStore.discard", refuse)
        assert clear_overdue_uploads() == 0

    assert clear_overdue_uploads() == 1


def test_nobody_else_clears_uploads(viewer, ticket):
    with pytest.raises(PermissionDenied):
        clear_upload(viewer, ticket(put(), 25))


def test_bytes_that_nothing_knows_are_reported_and_kept(store, ticket):
    store("a.txt")
    ticket(put(), 1)
    orphan = put()

    assert [found.key for found in find_orphans()] == [orphan]
    assert check_store() == (0, 1)
    assert orphan in [found.key for found in get_store().objects()]


def test_bytes_waiting_to_be_erased_are_no_orphans(contributor, space, store):
    store("a.txt")
    store("a.txt")

    assert list(find_orphans()) == []


def test_lost_and_shortened_bytes_are_noticed_and_recorded(store, artifact_root):
    store("lost.txt", "short.txt", "whole.txt")
    keys = dict(ArtifactFile.objects.values_list("name", "storage_key"))
    Path(artifact_root, keys["lost.txt"]).unlink()
    Path(artifact_root, keys["short.txt"]).write_bytes(b"x")

    assert check_store() == (2, 0)

    states = dict(ArtifactFile.objects.values_list("name", "state"))
    assert states == {"lost.txt": "damaged", "short.txt": "damaged", "whole.txt": "ready"}
    assert AuditEvent.objects.filter(action="artifact_space.artifact_damaged").count() == 2
    assert check_store() == (0, 0)


def test_bytes_that_come_back_make_the_file_whole_again(store, artifact_root):
    store("a.txt")
    path = Path(artifact_root, ArtifactFile.objects.get().storage_key)
    path.rename(artifact_root / "aside")
    check_store()
    (artifact_root / "aside").rename(path)

    assert check_store() == (1, 0)

    assert ArtifactFile.objects.get().state == FileState.READY
    assert AuditEvent.objects.latest("pk").action == "artifact_space.artifact_recovered"


def test_a_store_that_seems_to_be_another_one_marks_nothing(store, settings, tmp_path):
    store(*(f"{number}.txt" for number in range(11)))
    settings.ARTIFACT_ROOT = str(tmp_path / "somewhere else")

    assert check_store() == (0, 0)

    assert not ArtifactFile.objects.filter(state=FileState.DAMAGED).exists()


def test_every_task_is_harmless_when_there_is_nothing_to_do(db):
    for task in (tasks.erase_deleted, tasks.hash_waiting, tasks.clear_overdue_uploads, tasks.check_store):
        task()
        task()
