"""Tells people by e-mail what concerns them about lineage. Losing a message loses nothing: the pages say it too."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mass_mail
from django.urls import reverse

from accounts.matrix import people_who_may
from accounts.models import Project, User
from accounts.roles import Action
from lineage.models import AccessQuestion, Node

_log = logging.getLogger(__name__)


def ask_to_show(request_pk: int) -> None:
    """Ask those who give roles where something is hidden whether the asker may see it."""
    questions = AccessQuestion.objects.filter(request=request_pk).select_related("request__asker", "project")
    for question in questions:
        people = people_who_may(question.project, Action.GRANT)
        text = f"{question.request.asker} asks to see lineage in {question.project}: {question.request.reason}"
        send(people, "Please decide who may see lineage", text, reverse("lineage:access-question", args=[question.pk]))


def tell_glass_broken(node_pk: int, user_pk: int, projects: Iterable[int]) -> None:
    """Tell the admins of every project that somebody looked into it in an emergency."""
    node, person = Node.objects.get(pk=node_pk), User.objects.get(pk=user_pk)
    for project in Project.objects.filter(pk__in=list(projects)):
        text = f"{person} looked at hidden lineage in {project}, in an emergency. The audit log says why."
        send(people_who_may(project, Action.GRANT), "Break-glass on lineage", text, reverse("web:audit"))
    _log.warning("break-glass on the lineage of node %s by %s", node.pk, person.uid)


def send(people: Iterable[User], subject: str, text: str, path: str) -> None:
    """Write to everybody who has an address."""
    body = f"{text}\n\n{settings.PUBLIC_URL}{path}\n"
    letters = [(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email]) for person in people if person.email]
    try:
        send_mass_mail(letters)
    except OSError as fault:
        _log.warning("E-mail about lineage could not be sent: %s", type(fault).__name__)
