"""Finds environments, and what runs at targets."""

from django.db.models import Q

from accounts.principals import Principal
from deployments.models import Deployment, Environment
from deployments.queries import whole_deployments
from web.search.hits import Hit, Kind
from web.search.matching import begins_with_hex, closeness
from web.search.meaning import Meaning


def find_environments(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Environments in use by any part of their name, the closest first."""
    if meaning.exact:
        return []
    rows = Environment.objects.visible_to(principal).in_use().filter(name__icontains=meaning.text)
    rows = rows.select_related("project").order_by(closeness("name", meaning.text), "name", "pk")
    return [
        Hit(
            kind=Kind.ENVIRONMENTS,
            id=str(environment.pk),
            title=environment.name,
            url=f"/environments/{environment.pk}",
            detail=environment.project.slug,
            at=environment.updated_at,
        )
        for environment in rows[:limit]
    ]


def find_deployments(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """What runs or is on its way, by its target, or by how its image's digest begins; the newest first."""
    if meaning.exact:
        return []
    fits = Q(target__icontains=meaning.text)
    if meaning.hex:
        fits |= begins_with_hex("image_digest", f"sha256:{meaning.hex}") | Q(content_digest__startswith=meaning.hex)
    rows = whole_deployments().visible_to(principal).open().filter(fits).order_by("-pk")
    return [_hit(deployment) for deployment in rows[:limit]]


def _hit(deployment: Deployment) -> Hit:
    return Hit(
        kind=Kind.DEPLOYMENTS,
        id=str(deployment.pk),
        title=f"{deployment.model.name} v{deployment.version.number} at {deployment.target}",
        url=f"/deployments/{deployment.pk}",
        detail=f"{deployment.environment.project.slug} · {deployment.environment.name}",
        at=deployment.updated_at,
    )
