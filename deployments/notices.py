"""Tells people by e-mail what runs unapproved. Losing a message loses nothing: the pages say it too."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import send_mass_mail

from accounts.matrix import people_who_may
from accounts.principals import Principal
from accounts.roles import Action
from deployments.links import alerts_url, deployment_url
from deployments.models import Alert
from deployments.queries import alert_views, whole_deployments

_log = logging.getLogger(__name__)
#: So many alerts are named in one letter.
_NAMED = 10


def tell_alerts(pks: Sequence[int]) -> None:
    """Tell everybody who deploys in the project; each is told of the versions that they may see."""
    rows = list(Alert.objects.filter(pk__in=pks).select_related("environment__project").order_by("pk"))
    if not rows:
        return
    more = f"\nand {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    letters = []
    for person in people_who_may(rows[0], Action.DEPLOY):
        told = alert_views(Principal(person, auth="task"), rows[:_NAMED])
        text = "\n".join(view.sentence for view in told)
        letters.append((f"Unapproved: {rows[0].environment}", f"{text}{more}\n\n{alerts_url()}\n", person.email))
    _send(letters)


def tell_failed(pk: int) -> None:
    """Tell whoever asked for a deployment that it failed."""
    row = whole_deployments().get(pk=pk)
    text = f"The deployment of {row.audit_label} failed.\n\n{deployment_url(pk)}\n"
    _send([(f"Failed: {row.audit_label}", text, row.actor.email)])


def _send(letters: Sequence[tuple[str, str, str]]) -> None:
    mails = [(subject, text, settings.DEFAULT_FROM_EMAIL, [address]) for subject, text, address in letters if address]
    try:
        send_mass_mail(mails)
    except OSError as fault:
        _log.warning("E-mail about deployments could not be sent: %s", type(fault).__name__)
