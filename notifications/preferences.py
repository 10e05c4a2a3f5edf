"""Which kinds of mail a person wants."""

from collections.abc import Iterable
from typing import Final

from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Action
from approvals.notices import Kind
from audit.operation import bulk_write, require
from deployments.notices import Kind as DeploymentKind
from notifications.models import MailChoice

#: What each kind is about, as the account page says it.
KINDS: Final[dict[str, str]] = {
    Kind.ASKED: "You are asked to approve",
    Kind.VOIDED: "Your vote no longer counts, because something changed",
    Kind.DECIDED: "Others decided about your request, or something holds it up",
    Kind.EXECUTED: "A version that you asked for, decided about or own has moved",
    Kind.ENDED: "A request was cancelled, expired or ended by itself",
    Kind.EMERGENCY: "Break-glass, and ratification of it",
    DeploymentKind.UNAPPROVED: "Something runs in your project that nobody let run there",
    DeploymentKind.FAILED: "A deployment that you asked for has failed",
}


def wanted_by(person: User) -> list[str]:
    """The kinds that a person is sent."""
    off = MailChoice.objects.filter(person=person).values_list("off", flat=True).first() or []
    return [kind for kind in KINDS if kind not in off]


@bulk_write
def choose_mail(actor: Principal, kinds: Iterable[str]) -> None:
    """Be sent these kinds of mail and no others."""
    require(Action.ACCOUNT, actor.user)
    wanted = set(kinds)
    off = [kind for kind in KINDS if kind not in wanted]
    MailChoice.objects.update_or_create(person=actor.user, defaults={"off": off})
