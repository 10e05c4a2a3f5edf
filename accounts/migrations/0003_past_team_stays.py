"""Tells who was in which team when, from the audit log; members of today without an entry there count since then."""

from typing import Any

import orjson
from django.db import migrations

_ADDED, _REMOVED, _DISSOLVED = "team.member_added", "team.member_removed", "team.deleted"


def tell_stays(apps: Any, schema_editor: Any) -> None:
    """Store a stay for every time that somebody was put into a team."""
    membership, stay = apps.get_model("accounts", "TeamMembership"), apps.get_model("accounts", "TeamStay")
    stays = [*_past_stays(apps)]
    open_stays = {(row.team_id, row.user_id) for row in stays if row.until is None}
    stays += [
        stay(team_id=row.group_id, user_id=row.user_id, since=row.since)
        for row in membership.objects.all()
        if (row.group_id, row.user_id) not in open_stays
    ]
    stay.objects.bulk_create(stays, batch_size=1000)


def _past_stays(apps: Any) -> list[Any]:
    stay, event = apps.get_model("accounts", "TeamStay"), apps.get_model("audit", "AuditEvent")
    users = dict(apps.get_model("accounts", "User").objects.values_list("uid", "pk"))
    teams = set(apps.get_model("accounts", "Team").objects.values_list("pk", flat=True))
    present: dict[tuple[int, int], Any] = {}
    stays = []
    for row in event.objects.filter(action__in=[_ADDED, _REMOVED, _DISSOLVED], outcome="ok").order_by("pk").iterator():
        team, body = int(row.object_id), orjson.loads(bytes(row.body))
        if team not in teams:
            continue
        if row.action == _DISSOLVED:
            leavers = [key for key in present if key[0] == team]
        else:
            named = (body["after"] if row.action == _ADDED else body["before"]) or {}
            leavers = [(team, users.get(named.get("member"), 0))]
        for key in leavers:
            if ended := present.pop(key, None):
                ended.until = row.ts
        if row.action == _ADDED and leavers[0][1]:
            present[leavers[0]] = stay(team_id=team, user_id=leavers[0][1], since=row.ts)
            stays.append(present[leavers[0]])
    return stays


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_sessions_and_stays"),
        ("audit", "0001_initial"),
    ]

    operations = [migrations.RunPython(tell_stays, migrations.RunPython.noop)]
