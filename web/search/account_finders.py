"""Finds projects, teams and people."""

from django.db.models import Q
from django.urls import reverse

from accounts.models import Project, Team, User
from accounts.principals import Principal
from web.links import models_of_url
from web.search.hits import Hit, Kind
from web.search.matching import closeness
from web.search.meaning import Meaning


def find_projects(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Projects by any part of their short or long name."""
    if meaning.exact:
        return []
    named = Q(slug__icontains=meaning.text) | Q(name__icontains=meaning.text)
    rows = Project.objects.visible_to(principal).filter(named).order_by(closeness("slug", meaning.text), "slug")
    return [
        Hit(Kind.PROJECTS, project.slug, project.slug, reverse("accounts:project", args=[project.slug]), project.name)
        for project in rows[:limit]
    ]


def find_teams(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Teams by any part of their short name."""
    if meaning.exact:
        return []
    rows = Team.objects.active().visible_to(principal).filter(slug__icontains=meaning.text)
    closest = rows.select_related("project").order_by("slug", "pk")
    return [
        Hit(Kind.TEAMS, str(team.pk), team.slug, reverse("accounts:team", args=[team.pk]), _project_of(team))
        for team in closest[:limit]
    ]


def find_people(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """People and service accounts by any part of their names; by their e-mail address for those who may see it."""
    if meaning.exact:
        return []
    named = Q(username__icontains=meaning.text) | Q(display_name__icontains=meaning.text)
    if _keeps_people(principal):
        named |= Q(email__iexact=meaning.text)
    rows = User.objects.visible_to(principal).filter(named, is_active=True)
    closest = rows.order_by(closeness("username", meaning.text), "username")
    return [_person_hit(principal, user) for user in closest[:limit]]


def _person_hit(principal: Principal, user: User) -> Hit:
    detail = user.username if user.is_human else f"{user.username} · service account"
    return Hit(Kind.PEOPLE, user.uid, str(user), _person_url(principal, user), detail)


def _person_url(principal: Principal, user: User) -> str:
    """Their account for those who may see it; for all others what they own."""
    if user.uid == principal.uid:
        return reverse("accounts:profile")
    if _keeps_people(principal):
        return reverse("accounts:person" if user.is_human else "accounts:service-account", args=[user.uid])
    return models_of_url(user.username)


def _keeps_people(principal: Principal) -> bool:
    return principal.may_administer or principal.sees_everything


def _project_of(team: Team) -> str:
    return f"team of {team.project.slug}" if team.project else "team of the server"
