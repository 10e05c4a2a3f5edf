"""Taking the log out: complete, verifiable, in constant memory, and itself recorded."""

import csv
import io
import json
import tracemalloc
import uuid

import pytest

from accounts.operations import create_project, create_team, create_user, grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from audit.canonical import leaf_hash
from audit.export import ExportFormat, export_events
from audit.guard import lifted
from audit.models import AuditEvent
from tests.conftest import PASSWORD


@pytest.fixture
def auditor(cast):
    """Reads everything, changes nothing."""
    principal = cast("auditor")
    grant_role(CONSOLE, principal.user, Role.AUDITOR)
    return principal


def export(client, **query):
    answer = client.get("/api/v1/audit/export", query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_every_line_holds_the_bytes_that_were_hashed(auditor, client_of):
    lines = [json.loads(line) for line in export(client_of(auditor)).splitlines()]

    assert [line["uid"] for line in lines] == [str(event.uid) for event in AuditEvent.objects.order_by("pk")]
    assert all(leaf_hash(line["body"].encode()) == line["leaf"] for line in lines)


def test_exporting_is_an_event_of_the_project_or_of_oneself(auditor, maintainer, viewer, project, client_of):
    export(client_of(maintainer), project="default", format="csv", type="role_binding")
    export(client_of(auditor))
    export(client_of(viewer), project="default")

    one, two, three = AuditEvent.objects.filter(action__endswith=".log_exported").order_by("pk")
    assert (one.action, one.object_id) == ("project.log_exported", str(project.pk))
    assert json.loads(bytes(one.body))["after"] == {
        "format": "csv",
        "filters": {"project": "default", "type": "role_binding"},
    }
    assert (two.action, two.object_id) == ("user.log_exported", auditor.uid)
    assert (three.action, three.object_id) == ("user.log_exported", viewer.uid)


def test_one_exports_what_one_may_read(viewer, client_of):
    create_project(CONSOLE, "elsewhere")

    lines = [json.loads(json.loads(line)["body"]) for line in export(client_of(viewer)).splitlines()]

    assert lines
    assert all(viewer.uid in (body["actor"]["id"], body["object"]["id"]) for body in lines)


def test_the_csv_is_a_table_that_no_spreadsheet_computes(admin, auditor, project, client_of):
    create_team(admin, "=HYPERLINK(1)", project)

    rows = list(csv.DictReader(io.StringIO(export(client_of(auditor), format="csv").decode())))

    assert len(rows) == AuditEvent.objects.count()
    assert [row["object_label"] for row in rows if row["action"] == "team.created"] == ["'=HYPERLINK(1)"]


def test_an_export_of_any_length_takes_the_same_memory(db, auditor):
    template = AuditEvent.objects.order_by("pk").first()
    columns = [field.attname for field in AuditEvent._meta.concrete_fields if field.attname not in ("id", "uid")]
    values = {column: getattr(template, column) for column in columns} | {"object_seq": None}

    def fill(count):
        with lifted():
            AuditEvent.objects.bulk_create([AuditEvent(uid=uuid.uuid4(), **values) for _ in range(count)], 500)

    def peak():
        tracemalloc.start()
        for _ in export_events(AuditEvent.objects.all(), ExportFormat.NDJSON):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    fill(1_000)
    peak()
    few = peak()
    fill(9_000)

    assert peak() < few * 1.5


def test_what_is_recorded_while_it_streams_is_left_out(auditor):
    chunks = export_events(AuditEvent.objects.all(), ExportFormat.NDJSON)
    count = AuditEvent.objects.count()
    first = next(chunks)

    create_user(CONSOLE, "late", password=PASSWORD)

    assert len((first + b"".join(chunks)).splitlines()) == count
