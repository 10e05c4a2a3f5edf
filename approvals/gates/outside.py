"""Gates about what outside systems have found: a CI job or a scanner posts its result, and the newest one counts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from approvals.gates.base import Context, Result, error, failed, passed
from approvals.models import CheckResult
from approvals.subject import digest_of_content

_KINDS: Final = {"check": "an external check", "scan": "a scan"}


def external_check(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the newest result of a check on these very files is a good one, and not too old."""
    return _newest(context, "check", str(config["check"]), config.get("max_age_days"))


def scan_result(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the newest result of a scan of these very files is a good one, and not too old."""
    return _newest(context, "scan", str(config["scan"]), config.get("max_age_days"))


def _newest(context: Context, kind: str, name: str, max_age: int | None) -> Result:
    version, what = context.version, f"{kind} “{name}”"
    digest = digest_of_content(version)
    expected = f"{what} passed{f' within {max_age} days' if max_age is not None else ''}"
    inputs = {"name": name, "kind": kind, "content_digest": digest, "max_age_days": max_age}
    given = {"expected": expected, "inputs": inputs, "observed": "no result"}
    if not digest and version.space_uid:
        sentence = "Nobody can say yet what its files hold, so no result can be about them: wait until they are read."
        return error(sentence, **given)
    posted = CheckResult.objects.filter(version=version, kind=kind, name=name).select_related("posted_by")
    newest = posted.filter(content_digest=digest).order_by("-at", "-pk").first()
    if newest is None:
        return failed(_nothing(what, kind, posted.exists()), **given)
    given["inputs"] = inputs | _facts(newest)
    given["observed"] = f"{'passed' if newest.passed else 'failed'} on {newest.at:%Y-%m-%d %H:%M} UTC"
    if not newest.passed:
        return failed(f"The {what} failed{_said(newest)} Mend it, and let it run again.", **given)
    if newest.at > context.now:
        return error(f"The {what} was posted in the future: set the clocks of the servers.", **given)
    if max_age is not None and newest.at < context.now - timedelta(days=max_age):
        return failed(f"The {what} is older than {max_age} days: let it run again.", **given)
    return passed(f"The {what} passed{_said(newest)}", **given)


def _nothing(what: str, kind: str, of_other_files: bool) -> str:
    if of_other_files:
        return f"The {what} is about other files than these: let it run again."
    return f"Nobody has posted the {what}: let your CI post its result as {_KINDS[kind]} of this version."


def _said(result: CheckResult) -> str:
    """How a sentence about a result goes on."""
    told = result.summary.strip().rstrip(".")
    return f", posted by {result.posted_by}{f': {told}' if told else ''}.{f' See {result.url}' if result.url else ''}"


def _facts(result: CheckResult) -> dict[str, Any]:
    return {
        "result": result.pk,
        "passed": result.passed,
        "at": result.at.isoformat(),
        "posted_by": result.posted_by.uid,
        "url": result.url,
    }
