"""What is looked at before a target goes back to what ran there before, as its page shows it."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from deployments.models import Deployment, DeploymentInterval, DeploymentState
from deployments.queries import whole_deployments, wish_of
from deployments.rules import flaw_of
from registry.models import ModelVersion
from registry.queries.way_back import flaw_of_content


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    sentence: str
    met: bool


@dataclass(frozen=True, slots=True)
class PreFlight:
    """Where a target would go back to, and what stands against it."""

    version: ModelVersion | None
    checks: list[Check]

    @property
    def may_go(self) -> bool:
        """Whether nothing stands against it."""
        return all(check.met for check in self.checks)


def pre_flight(reader: Principal, deployment: Deployment) -> PreFlight:
    """Look at what stands against a roll-back; a fixed number of queries. The operation looks again, under lock."""
    runs = deployment.state == DeploymentState.ACTIVE
    now = Check(
        f"{_name(deployment.version)} runs at {deployment.target} now." if runs else "It does not run now.", runs
    )
    before = ran_before(deployment)
    if before is None:
        return PreFlight(None, [now, Check(f"No other version ran at {deployment.target} before.", False)])
    version = before.version
    if not reader.may(Action.VIEW, version):
        return PreFlight(None, [now, Check("What ran here before is not for you to see.", False)])
    return PreFlight(
        version, [now, Check(f"{_name(version)} ran here before.", True), _content(version), _rules(before)]
    )


def ran_before(deployment: Deployment) -> Deployment | None:
    """The last deployment of another version that was active at the target before; at most two queries."""
    ran = DeploymentInterval.objects.ran().filter(environment=deployment.environment_id, target=deployment.target)
    ended = ran.filter(until__isnull=False, deployment__lt=deployment.pk)
    last = ended.exclude(deployment__version=deployment.version_id).order_by("-since", "-pk").first()
    return whole_deployments().get(pk=last.deployment_id) if last else None


def _content(version: ModelVersion) -> Check:
    if not version.content_digest:
        return Check("Its files lie elsewhere, so that nobody here can say whether they are what they were.", True)
    flaw = flaw_of_content(version)
    return Check(flaw or "Its files are there, and are what they were.", not flaw)


def _rules(before: Deployment) -> Check:
    wish = wish_of(before.version, before.environment, image_digest=before.image_digest, is_roll_back=True)
    flaw = flaw_of(wish, timezone.now())
    return Check(flaw[1] if flaw else "It is not quarantined, and the environment takes it.", flaw is None)


def _name(version: ModelVersion) -> str:
    return f"{version.model.name} v{version.number}"
