"""The exact lines by which code loads a version from this server, for people to copy."""

from dataclasses import dataclass
from urllib.parse import quote

_DEFAULT_PROJECT = "default"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines to copy, with what they are."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Loadable:
    """What is to be loaded: a model of a project, and a version of it or a name for one."""

    project: str
    name: str
    is_prompt: bool = False

    def uri(self, selector: str) -> str:
        """``models:/fraud/7``, ``models:/fraud@champion``, ``prompts:/greeting/1``."""
        scheme = "prompts" if self.is_prompt else "models"
        between = "" if selector.startswith("@") else "/"
        return f"{scheme}:/{self.name}{between}{selector}"


def client_setup(address: str, project: str) -> str:
    """What a shell has to know before the client can talk to this server."""
    lines = [
        f"export MLFLOW_TRACKING_URI={address}",
        "export MLFLOW_TRACKING_TOKEN=sk_pat_…   # from your profile page",
    ]
    if project != _DEFAULT_PROJECT:
        lines.append(f"export MLFLOW_WORKSPACE={project}")
    return "\n".join(lines)


def snippets(address: str, loadable: Loadable, selector: str, number: int) -> list[Snippet]:
    """The ways to load what ``selector`` (a number, ``@alias`` or a stage) names, now version ``number``."""
    uri = loadable.uri(selector)
    if loadable.is_prompt:
        return [
            Snippet("Python", f'import mlflow\n\nprompt = mlflow.genai.load_prompt("{uri}")\nprint(prompt.template)')
        ]
    folder = f"{_file_name(loadable.name)}-{number}"
    version = f"{address}/api/v1/registered-models/{loadable.project}/{quote(loadable.name, safe='')}/versions/{number}"
    return [
        Snippet("Python", f'import mlflow\n\nmodel = mlflow.pyfunc.load_model("{uri}")\nmodel.predict(data)'),
        Snippet("Files, by command", f'mlflow artifacts download -u "{uri}" -d {folder}'),
        Snippet("Serve it", f'mlflow models serve -m "{uri}" --port 5001'),
        Snippet(
            "REST",
            f'curl -H "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" \\\n  {version}\n'
            f'curl -H "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" -O \\\n  {version}/artifacts/MLmodel',
        ),
    ]


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
