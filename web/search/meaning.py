"""What a text typed into the search box could mean: names, numbers, ids, digests, pasted addresses. Pure functions."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_LONGEST = 300
#: As short as the beginning of an id or a digest may be.
_SHORTEST_HEX = 4

_HEX = re.compile(r"[0-9a-f]+")
_RUN = re.compile(r"[0-9a-f]{32}")
_MODEL_ID = re.compile(r"m-[0-9a-f]{1,32}")
_NUMBERED = re.compile(r"(?P<name>.+?)(?:\s*[/:]\s*|\s+)v?(?P<number>\d{1,9})", re.IGNORECASE)
_ALIASED = re.compile(r"(?P<name>[^@]+)@(?P<alias>[\w-]+)")
#: The parts of addresses, MLflow's and ours, that name something: …/experiments/1/runs/<id>, …/models/fraud/versions/3.
_IN_ADDRESS = (
    re.compile(r"/runs/(?P<run>[0-9a-f]{32})"),
    re.compile(r"/experiments/\d+/models/(?P<logged_model>m-[0-9a-f]{32})"),
    re.compile(r"/logged-models/(?P<logged_model>m-[0-9a-f]{32})"),
    re.compile(r"/models/(?:[^/?#]+/)?(?P<model>[^/?#]+)/versions/(?P<number>\d{1,9})"),
    re.compile(r"/models/(?:[^/?#]+/)?(?P<model>[^/?#]+)"),
    re.compile(r"/experiments/(?P<experiment>\d{1,18})"),
)
_STORED = re.compile(r"(?:mlflow-artifacts:|/).*?(?P<uid>m-[0-9a-f]{32}|[0-9a-f]{32})/artifacts")


@dataclass(frozen=True)
class Meaning:
    """A text and what it could mean; what is empty it cannot.

    ``hex`` is the beginning of an id, digest or commit. ``model`` with ``number`` or ``word`` (an alias or a stage)
    names a version. ``exact`` tells that the text is an address or URI, which means one thing only.
    """

    text: str
    hex: str = ""
    run: str = ""
    logged_model: str = ""
    experiment: int | None = None
    model: str = ""
    number: int | None = None
    word: str = ""
    exact: bool = False

    @property
    def names_version(self) -> bool:
        """Whether it could be one version of a model."""
        return bool(self.model) and (self.number is not None or bool(self.word))


def read(typed: str) -> Meaning:
    """What somebody typed, as far as it can be told without looking anything up."""
    text = " ".join(typed.replace("\0", " ").split())[:_LONGEST]
    return _uri(text) or _address(text) or _name(text)


def _uri(text: str) -> Meaning | None:
    """``models:/fraud/7``, ``models:/fraud@champion``, ``runs:/<id>/model``, ``mlflow-artifacts:/…``."""
    scheme, _, rest = text.partition(":/")
    rest = unquote(rest.lstrip("/"))
    if scheme == "runs":
        run = rest.partition("/")[0].lower()
        return Meaning(text, run=run, hex=run, exact=True) if _RUN.fullmatch(run) else None
    if scheme == "mlflow-artifacts" and (stored := _STORED.match(text)):
        uid = stored["uid"]
        logged = uid.startswith("m-")
        return Meaning(text, run="" if logged else uid, logged_model=uid if logged else "", exact=True)
    if scheme != "models" or not rest:
        return None
    if _MODEL_ID.fullmatch(rest.partition("/")[0]):
        return Meaning(text, logged_model=rest.partition("/")[0], exact=True)
    if aliased := _ALIASED.fullmatch(rest):
        return Meaning(text, model=aliased["name"], word=aliased["alias"], exact=True)
    name, _, which = rest.partition("/")
    which = which.partition("/")[0]
    if which.isascii() and which.isdigit():
        return Meaning(text, model=name, number=int(which[:9]), exact=True)
    return Meaning(text, model=name, word=which, exact=True)


def _address(text: str) -> Meaning | None:
    """A pasted address of this server or of MLflow's own pages, or the path of one."""
    if "/" not in text or not (text.startswith(("http://", "https://", "/", "#/"))):
        return None
    parts = urlsplit(text)
    path = unquote(parts.fragment if parts.fragment.startswith("/") else parts.path)
    for pattern in _IN_ADDRESS:
        if found := pattern.search(path):
            given = found.groupdict()
            return Meaning(
                text,
                run=given.get("run") or "",
                logged_model=given.get("logged_model") or "",
                experiment=int(given["experiment"]) if given.get("experiment") else None,
                model=given.get("model") or "",
                number=int(given["number"]) if given.get("number") else None,
                exact=True,
            )
    return None


def _name(text: str) -> Meaning:
    """Anything else: the name of something, a number, or the beginning of an id."""
    lower = text.lower().removeprefix("sha256:")
    hexadecimal = lower if len(lower) >= _SHORTEST_HEX and _HEX.fullmatch(lower) else ""
    if _MODEL_ID.fullmatch(lower):
        return Meaning(text, logged_model=lower)
    if text.isascii() and text.isdigit():
        return Meaning(text, hex=hexadecimal, experiment=int(text[:18]))
    if aliased := _ALIASED.fullmatch(text):
        return Meaning(text, model=aliased["name"].strip(), word=aliased["alias"])
    if numbered := _NUMBERED.fullmatch(text):
        return Meaning(text, model=numbered["name"], number=int(numbered["number"]))
    return Meaning(text, hex=hexadecimal, run=lower if _RUN.fullmatch(lower) else "")
