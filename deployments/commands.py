"""The commands that pages show: how a script makes an environment, deploys and reports, with this server's address."""

from typing import Final

from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.views.requests import PageRequest, server_address
from deployments.models import Deployment, Environment
from registry.models import ModelVersion

_IMAGE: Final = "sha256:" + "0" * 61 + "…"
_AS: Final = '-H "Authorization: Bearer $STAGEKEEPER_TOKEN"'


def commands(request: PageRequest) -> dict[str, str]:
    """What the board teaches: an environment, a deployment, and a sighting, by their names in a context."""
    return {
        "make_code": make_lines(request),
        "deploy_code": deploy_lines(request),
        "sight_code": sighting_lines(request),
    }


def make_lines(request: PageRequest, project: Project | None = None) -> str:
    """How a script makes an environment."""
    slug = project.slug if project else DEFAULT_PROJECT
    body = f'{{"project": "{slug}", "name": "prod", "kind": "production", "required_stage": "Production"}}'
    return _post(request, "environments", body)


def deploy_lines(
    request: PageRequest, *, version: ModelVersion | None = None, environment: Environment | None = None
) -> str:
    """How a job deploys: it asks, rolls out, and says that it runs."""
    server = server_address(request)
    model = version.model.name if version else "fraud"
    number = version.number if version else 7
    project = f" --project {version.model.project.slug}" if version else ""
    place = f"{environment.project.slug}/{environment.name}" if environment else f"{DEFAULT_PROJECT}/prod"
    return (
        f"export STAGEKEEPER_URL={server} STAGEKEEPER_TOKEN=…\n"
        f"stagekeeper deploy {model} {number}{project} --to {place} --image {_IMAGE} --permit permit.json\n"
        "# roll it out, then say so\n"
        "stagekeeper deployed permit.json"
    )


def sighting_lines(request: PageRequest, environment: Environment | None = None) -> str:
    """How an agent says what it sees."""
    project = environment.project.slug if environment else DEFAULT_PROJECT
    name = environment.name if environment else "prod"
    body = f'{{"sightings": [{{"target": "fraud", "content_digest": "…", "image_digest": "{_IMAGE}"}}]}}'
    return _post(request, f"environments/{project}/{name}/sightings", body)


def verify_line(request: PageRequest, deployment: Deployment) -> str:
    """How a hook verifies the permit of a deployment without asking the server."""
    place = f"{deployment.environment.project.slug}/{deployment.environment.name}"
    return (
        f"curl -s {server_address(request)}/api/v1/permit-keys -o keys.json  # once, while you trust the line\n"
        f"python3 verify_permit.py permit.json --key keys.json --environment {place} --target {deployment.target}"
    )


def _post(request: PageRequest, path: str, body: str) -> str:
    address = f"{server_address(request)}/api/v1/{path}"
    return f"curl {address} {_AS} \\\n  -H 'Content-Type: application/json' -d '{body}'"
