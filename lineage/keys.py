"""How a thing is named in the graph: one canonical string, the same whoever says it.

What a key says about a thing never changes; names and descriptions that may are properties. Schemes and hosts are lower
case, repositories have no ``.git`` and no credentials.
"""

import hashlib
import re
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from audit.exceptions import InvalidInput
from lineage.vocabulary import UNPINNED, WEAK_SCHEMES

#: The tracker and registry of this server in keys.
HERE: Final = "local"

_LONGEST_PART: Final = 800
_LONGEST_VALUE: Final = 250

_SCP_ADDRESS: Final = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)$")
_SCP_CREDENTIALS: Final = re.compile(r"^[^/@\s]*:[^/\s]*@")
#: What git takes for a path although it stands where a port should.
_SSH_ADDRESS: Final = re.compile(r"^(?:git\+)?ssh://(?:[^/@\s]*@)?([\w.-]+):(?!\d+(?:/|$))/?(.+)$", re.IGNORECASE)
#: A name with a password before a host; the container of ``abfss://container@account`` is none.
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/?#\s@\"'<>]*:[^/?#\s\"'<>]*@")
_DIGEST: Final = re.compile(r"^sha256:[0-9a-f]{64}$")
_COMMIT: Final = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")


def bare(text: str) -> str:
    """A text without the names and passwords that its addresses hold."""
    return _CREDENTIALS.sub("", text) if "://" in text else text


def bare_key(key: str) -> str:
    """A whole key without credentials; what stands behind its last ``@`` is a version and no host."""
    stem, at, version = key.rpartition("@")
    return f"{bare(stem)}@{version}" if at and key.startswith(("dsv:", "git:", "oci:")) else bare(key)


def all_bare(value: Any) -> Any:
    """What was parsed, with every text in it `bare`."""
    if isinstance(value, str):
        return bare(value)
    if isinstance(value, dict):
        return {all_bare(name): all_bare(part) for name, part in value.items()}
    return [all_bare(part) for part in value] if isinstance(value, list) else value


def fit(text: str, longest: int = _LONGEST_PART) -> str:
    """A part of a key as it is stored: what is longer than any real name is cut and goes on with its digest."""
    text = bare(text.replace("\x00", ""))
    if len(text) <= longest:
        return text
    return f"{text[:longest]}~{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def hash_of(key: str) -> bytes:
    """The 16 bytes by which a key is found (BLAKE2b, RFC 7693)."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def dataset(namespace: str, name: str) -> str:
    """A dataset, whatever its version."""
    return f"ds:{fit(namespace)}/{fit(name)}"


def dataset_version(namespace: str, name: str, scheme: str, value: str) -> str:
    """One state of a dataset; ``scheme`` says what kind of digest ``value`` is."""
    return f"dsv:{fit(namespace)}/{fit(name)}@{scheme}:{fit(value, _LONGEST_VALUE)}"


def unpinned_version(namespace: str, name: str, run_id: str) -> str:
    """The state of a dataset that a run read without saying which it was."""
    return f"dsv:{fit(namespace)}/{fit(name)}@{UNPINNED}:{run_id}"


def code(repository: str, commit: str, *, path: str = "", patch_sha256: str = "", dirty: bool = False) -> str:
    """A commit of a repository, or a file in it; with the digest of what was changed when the tree was not clean.

    When it was ``dirty`` and nobody noted what was changed, the key says so and is not pinned.
    """
    place = f"#{path}" if path else ""
    dirt = f"+sha256:{patch_sha256}" if patch_sha256 else f"+{UNPINNED}" if dirty else ""
    return f"git:{fit(repository_url(repository))}@{commit.lower()}{place}{dirt}"


def image(name: str, digest: str) -> str:
    """A container image by its digest, ``sha256:…``; a tag is no part of it."""
    return f"oci:{fit(name.lower())}@{digest.lower()}"


def unpinned_image(name: str, run_id: str) -> str:
    """The image that a run ran in, without anybody having said which content its name had then."""
    return f"oci:{fit(name.lower())}@{UNPINNED}:{run_id}"


def environment(lock_sha256: str) -> str:
    """An environment by the digest of its lock file."""
    return f"env:sha256:{lock_sha256.lower()}"


def run(run_id: str, *, tracker: str = HERE) -> str:
    """A run; ids of other trackers are theirs."""
    return f"run:{tracker}/{run_id}"


def logged_model(uid: str, *, tracker: str = HERE) -> str:
    """A model that a run logged, before anybody registered it."""
    return f"art:logged-model:{tracker}/{uid}"


def hub_model(name: str, revision: str) -> str:
    """A model of the Hugging Face hub, by the commit of its repository there."""
    return f"art:hf:{fit(name)}@{revision.lower()}"


def artifact(sha256: str) -> str:
    """A file or folder by its content."""
    return f"art:sha256:{sha256.lower()}"


def model(identity: int | str, *, registry: str = HERE) -> str:
    """A registered model: here by its number, which outlives its name."""
    return f"m:{registry}/{identity}"


def model_version(identity: int | str, number: int | str, *, registry: str = HERE) -> str:
    """A version of a registered model."""
    return f"mv:{registry}/{identity}/{number}"


def evaluation(run_key: str, name: str) -> str:
    """One evaluation made by a run."""
    return f"ev:{run_key}/{fit(name)}"


def deployment(environment_id: int | str, target: str, sequence: int | str) -> str:
    """One deployment: what began to run somewhere at some time."""
    return f"dep:{environment_id}/{target}/{sequence}"


def external(system: str, uri: str) -> str:
    """Something another system knows, of which we know nothing else."""
    return f"ext:{fit(system)}:{fit(uri)}"


def repository_url(url: str) -> str:
    """A repository's address as all its clones name it: ``https://host/path``, without user, ``.git`` and end slash.

    Raises InvalidInput for what no client of git would take for an address.
    """
    url = url.strip()
    if "://" not in url:
        url = _SCP_CREDENTIALS.sub("", url)
    pattern = _SSH_ADDRESS if "://" in url else _SCP_ADDRESS
    if match := pattern.match(url):
        url = f"https://{match.group(1)}/{match.group(2)}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        # Not with the address, which may hold a password.
        raise InvalidInput("The address of the repository is none: its host or port cannot be read.") from error
    if not parts.netloc:
        return url.rstrip("/").removesuffix(".git")
    scheme = "https" if parts.scheme.lower() in {"git", "ssh", "git+ssh", "http", "https"} else parts.scheme.lower()
    host = (parts.hostname or "") + (f":{port}" if port and parts.scheme in {"http", "https"} else "")
    return urlunsplit((scheme, host, parts.path.rstrip("/").removesuffix(".git"), "", ""))


def is_pinned(key: str) -> bool:
    """Whether the key names exactly one content for ever."""
    kind, _, rest = key.partition(":")
    if kind == "dsv":
        scheme = rest.rpartition("@")[2].partition(":")[0]
        return scheme not in WEAK_SCHEMES and scheme != UNPINNED
    if kind == "git":
        commit = re.split("[#+]", rest.rpartition("@")[2], maxsplit=1)[0]
        return bool(_COMMIT.match(commit)) and not rest.endswith(f"+{UNPINNED}")
    if kind == "oci":
        return bool(_DIGEST.match(rest.rpartition("@")[2]))
    return kind in {"env", "run", "art", "mv", "m", "ds", "ev", "dep", "fv"}
