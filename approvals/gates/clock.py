"""Gates that depend on the time. They are asked again when the step is taken; until then they can only warn."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from approvals.gate_types import DAYS
from approvals.gates.base import Context, Result, failed, passed, warned
from approvals.models import RequestState
from registry.rules import Stage


def change_window(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether it is a day and time (UTC) at which changes are made: from its beginning until before its end."""
    now, days = context.now.astimezone(UTC), [str(day) for day in config["days"]]
    begins, ends = str(config["from"]), str(config["to"])
    given = {
        "observed": f"{DAYS[now.weekday()]} {now:%H:%M} UTC",
        "expected": f"{', '.join(days)} {begins} to {ends} UTC",
        "inputs": {"now": now.isoformat(), "days": days, "from": begins, "to": ends},
    }
    if DAYS[now.weekday()] in days and begins <= f"{now:%H:%M}" < ends:
        return passed("Changes are made at this time.", **given)
    opens = _next_opening(now, days, begins)
    return _not_yet(context, f"Changes are not made now: the next time is {opens:%A, %d %B} at {begins} UTC.", given)


def staging_soak(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the version has been in Staging for long enough, without a break."""
    hours, version = int(config["hours"]), context.version
    given: dict[str, Any] = {"expected": f"at least {hours} h in Staging"}
    if version.stage != Stage.STAGING:
        inputs = {"stage": str(version.stage), "hours": hours}
        sentence = f"It is in stage {version.stage}, and needs {hours} h in Staging first."
        return failed(sentence, observed="not in Staging", inputs=inputs, **given)
    since = datetime.fromtimestamp(version.stage_since / 1000, UTC)
    enough = since + timedelta(hours=hours)
    stayed = max(context.now - since, timedelta()) // timedelta(hours=1)
    given["observed"] = f"{stayed} h in Staging"
    given["inputs"] = {"since": since.isoformat(), "now": context.now.isoformat(), "hours": hours}
    if context.now >= enough:
        return passed("It has been in Staging for long enough.", **given)
    sentence = f"It has been in Staging for {stayed} h of {hours}: long enough from {enough:%Y-%m-%d %H:%M} UTC on."
    return _not_yet(context, sentence, given)


def _not_yet(context: Context, sentence: str, given: dict[str, Any]) -> Result:
    """Only a warning while people still decide, because the time passes by itself."""
    if context.trial or (context.request is not None and context.request.state == RequestState.CHECKING):
        return warned(f"{sentence} The step waits for it.", **given)
    return failed(sentence, **given)


def _next_opening(now: datetime, days: list[str], begins: str) -> datetime:
    hour, minute = map(int, begins.split(":"))
    opening = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    coming = (opening + timedelta(days=ahead) for ahead in range(8))
    return next(each for each in coming if each > now and DAYS[each.weekday()] in days)
