"""What people, teams, projects, models and experiments are called, for pages that know only their ids."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.grants import grant_tables
from accounts.models import Team, User
from accounts.principals import CONSOLE, SCHEDULER, STRANGER

#: What the parts of the system are called that act by themselves.
_SYSTEM_NAMES = {
    CONSOLE.uid: "The console",
    SCHEDULER.uid: "The scheduler",
    STRANGER.uid: "Somebody",
    "sys_log": "The log",
    "sys_promotions": "The gates",
    "sys_publisher": "The server",
}


def names_of(named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What people, teams, projects, models and experiments are called now, by (kind, uid); at most one query."""
    uids: dict[str, set[str]] = defaultdict(set)
    for kind, uid in named:
        uids[kind].add(uid)
    found = {("user", uid): name for uid, name in _SYSTEM_NAMES.items() if uid in uids["user"]}
    arms = [arm for arm in (_people(uids["user"] - _SYSTEM_NAMES.keys()), *_numbered(uids)) if arm is not None]
    if arms:
        first, *others = arms
        found |= {(kind, uid): name for kind, uid, name in first.union(*others, all=True)}
    return found


def _people(uids: set[str]) -> QuerySet[Any] | None:
    name = Coalesce(NullIf("display_name", Value("")), F("username"))
    people = User.objects.filter(uid__in=uids)
    return _arm(people, "user", Cast("uid", TextField()), Cast(name, TextField())) if uids else None


def _numbered(uids: dict[str, set[str]]) -> Iterable[QuerySet[Any]]:
    kinds: dict[str, Any] = {"team": Team} | {str(kind): tables.scope for kind, tables in grant_tables().items()}
    for kind, model in kinds.items():
        if numbers := [int(uid) for uid in uids[kind] if uid.isascii() and uid.isdigit()]:
            rows = model._default_manager.filter(pk__in=numbers)
            name = "slug" if kind in ("team", "project") else "name"
            yield _arm(rows, kind, Cast("pk", TextField()), Cast(name, TextField()))


def _arm(rows: QuerySet[Any], kind: str, uid: Any, name: Any) -> QuerySet[Any]:
    columns = {"_kind": Value(kind, output_field=TextField()), "_uid": uid, "_name": name}
    named: QuerySet[Any] = rows.order_by().annotate(**columns).values_list(*columns)
    return named
