"""Pure rules of webhooks: names, events, and what an answer means for a delivery."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from notifications.exceptions import InvalidWebhook
from notifications.vocabulary import EVENTS

NAME_LENGTH: Final = 63
DESCRIPTION_LENGTH: Final = 1000
SECRET_LENGTH: Final = 1000

#: A delivery is tried this often, over about ten hours.
MOST_ATTEMPTS: Final = 8
_FIRST_WAIT: Final = 10
_LONGEST_WAIT: Final = 6 * 60 * 60
#: How long a receiver may ask us to wait.
_LONGEST_PATIENCE: Final = 24 * 60 * 60

_NAME = re.compile(rf"(?=.{{1,{NAME_LENGTH}}}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)


def check_name(name: str) -> None:
    """Raises InvalidWebhook for a name that MLflow would not take either."""
    if not _NAME.fullmatch(name):
        raise InvalidWebhook(
            f"Webhook name {name[:100]!r} is invalid: it has 1 to {NAME_LENGTH} letters, digits, dots, underscores "
            "and hyphens, and begins and ends with a letter or digit."
        )


def check_description(description: str) -> None:
    """Raises InvalidWebhook for a description that cannot be kept."""
    if len(description) > DESCRIPTION_LENGTH or "\0" in description:
        raise InvalidWebhook(f"A webhook's description has at most {DESCRIPTION_LENGTH} readable characters.")


def check_secret(secret: str) -> None:
    """Raises InvalidWebhook for a secret that nobody could have meant."""
    if len(secret) > SECRET_LENGTH or not secret.isprintable():
        raise InvalidWebhook(f"A webhook's secret has at most {SECRET_LENGTH} printable characters.")


def check_events(events: Iterable[str]) -> list[str]:
    """The events, each once. Raises InvalidWebhook when there is none, or one that is not in the vocabulary."""
    wanted = list(dict.fromkeys(events))
    if not wanted:
        raise InvalidWebhook("A webhook needs at least one event, such as model_version.created.")
    for event in wanted:
        if event not in EVENTS:
            raise InvalidWebhook(f"There is no event “{event[:100]}”. These exist: {', '.join(sorted(EVENTS))}.")
    return wanted


def is_delivered(status: int) -> bool:
    """Whether the receiver took the message."""
    return 200 <= status < 300


def is_worth_retrying(status: int) -> bool:
    """Whether the receiver may take the same message later."""
    return status == 429 or status >= 500


def refusal_sentence(status: int) -> str:
    """Why a message was not taken, for the delivery log."""
    if 300 <= status < 400:
        return f"The receiver answered with a redirect ({status}), which is not followed. Use its final address."
    return f"The receiver answered {status}."


def seconds_to_wait(attempts: int, retry_after: str, now: datetime) -> int:
    """How long to wait after the given number of attempts: four times longer each time, or as the receiver asks."""
    backoff: int = min(_FIRST_WAIT * 4 ** (attempts - 1), _LONGEST_WAIT)
    return max(backoff, min(_asked_for(retry_after, now), _LONGEST_PATIENCE))


def _asked_for(retry_after: str, now: datetime) -> int:
    """The seconds in a Retry-After header, which holds a number or a date; 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10:
        return int(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0, int((moment - now).total_seconds()))
