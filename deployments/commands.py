"""The commands that pages show: how a script makes an environment, deploys and reports, with this server's address."""

from typing import Final

from accounts.operations.projects import DEFAULT_PROJECT
from accounts.views.requests import PageRequest, server_address
from deployments.models import Deployment, Environment
from registry.models import ModelVersion

_MODEL: Final = "fraud"
_NUMBER: Final = 7
_PLACE: Final = "prod"


def commands(request: PageRequest) -> dict[str, str]:
    """What the board teaches: an environment, a deployment, and a sighting, by their names in a context."""
    return {
        "make_code": make_lines(request),
        "deploy_code": deploy_lines(request),
        "sight_code": sighting_lines(request),
    }


def make_lines(request: PageRequest) -> str:
    """How a script makes an environment."""
    body = f'{{"project": "{DEFAULT_PROJECT}", "name": "{_PLACE}", "kind": "production"}}'
    return (
        f'curl {server_address(request)}/api/v1/environments -H "Authorization: Bearer $STAGEKEEPER_TOKEN" \\\n'
        f"  -H 'Content-Type: application/json' -d '{body}'"
    )


def deploy_lines(
    request: PageRequest, *, version: ModelVersion | None = None, environment: Environment | None = None
) -> str:
    """How a job deploys: it asks, rolls out, and says that it runs."""
    project = version.model.project.slug if version else environment.project.slug if environment else DEFAULT_PROJECT
    asked = f"{version.model.name} {version.number}" if version else f"{_MODEL} {_NUMBER}"
    asked += _option("project", project)
    asked += f" --environment {environment.name if environment else _PLACE}"
    if environment and environment.project.slug != project:
        asked += f" --environment-project {environment.project.slug} --target …"
    return (
        f"{_where(request)}\n"
        f'stagekeeper deploy {asked} --image "$IMAGE"\n'
        "# It prints the number of the deployment. Roll the version out, and say so:\n"
        'stagekeeper deployed "$DEPLOYMENT" deploying\n'
        'stagekeeper deployed "$DEPLOYMENT" active'
    )


def sighting_lines(request: PageRequest, environment: Environment | None = None) -> str:
    """How an agent says what it sees."""
    project = _option("project", environment.project.slug if environment else DEFAULT_PROJECT)
    place = environment.name if environment else _PLACE
    return f'{_where(request)}\nstagekeeper sighting {place} {_MODEL} --digest "$DIGEST"{project}'


def verify_line(request: PageRequest, deployment: Deployment) -> str:
    """How a hook verifies the permit of a deployment without asking the server."""
    place = f"{deployment.environment.project.slug}/{deployment.environment.name}"
    image = f" \\\n  --image {deployment.image_digest}" if deployment.image_digest else ""
    server = server_address(request)
    return (
        "# Once, over a line that you trust:\n"
        f"curl -so keys.json {server}/api/v1/permit-keys\n"
        f"curl -so verify_permit.py {server}/api/v1/permit-verifier\n"
        "# At every start, without the server:\n"
        "python3 verify_permit.py permit.json --key keys.json \\\n"
        f"  --environment {place} --target {deployment.target}{image}"
    )


def _where(request: PageRequest) -> str:
    return f"export STAGEKEEPER_URL={server_address(request)} STAGEKEEPER_TOKEN=…"


def _option(name: str, value: str) -> str:
    return f" --{name} {value}" if value != DEFAULT_PROJECT else ""
