"""The grammar of artifact paths.

A path is relative and POSIX: names separated by single slashes. Django has decoded the path of a request once, and
nothing here decodes it again; but it is judged in every form that further decoding would give it, because whoever
handles it later may do so. Paths only name rows of the database: no file is ever opened under a name that a client
sent.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from audit.exceptions import InvalidInput

#: In bytes of UTF-8, so that every path fits into the index of every database.
MAX_BYTES = 1000
MAX_NAME_BYTES = 255

# Control characters, line separators, lone surrogates and marks that turn the direction of writing: all of them can
# make a path look like another one.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DRIVE_OR_SCHEME = re.compile(r"[a-z]:|file:|[a-z][a-z0-9+.-]*:(/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArtifactPath:
    """A safe relative path: ``folder`` is empty or ends with a slash, ``name`` is the last part."""

    folder: str
    name: str

    def __str__(self) -> str:
        return self.folder + self.name

    @property
    def as_folder(self) -> str:
        """This path read as a folder, the way `ArtifactFile.folder` spells it."""
        return f"{self}/"


def parse_path(text: str) -> ArtifactPath:
    """Read the path of a file. Raises `InvalidInput` with the reason."""
    if len(text) > MAX_BYTES:
        raise InvalidInput(f"Invalid path: it is longer than {MAX_BYTES} bytes.")
    # Some systems spell é as one character and some as two; it is the same name.
    text = unicodedata.normalize("NFC", text)
    refuse_unshowable(text)
    names = text.split("/")
    if "" in names:
        raise InvalidInput("Invalid path: it must be relative, without empty parts and without '/' at its end.")
    if "#" in text:
        raise InvalidInput("Invalid path: it must not hold '#'.")
    if len(text.encode()) > MAX_BYTES:
        raise InvalidInput(f"Invalid path: it is longer than {MAX_BYTES} bytes.")
    if any(len(name.encode()) > MAX_NAME_BYTES for name in names):
        raise InvalidInput(f"Invalid path: a name in it is longer than {MAX_NAME_BYTES} bytes.")
    refuse_traversal(text)
    folder, slash, name = text.rpartition("/")
    return ArtifactPath(folder + slash, name)


def parse_folder(text: str) -> str:
    """Read the path of a folder; empty is the root. The answer is empty or ends with a slash."""
    text = text.removesuffix("/")
    return parse_path(text).as_folder if text else ""


def folders_above(folder: str) -> list[str]:
    """``folder`` and every folder it lies in, from the root (empty) down."""
    names = folder.split("/")[:-1]
    return ["".join(f"{name}/" for name in names[:depth]) for depth in range(len(names) + 1)]


def refuse_unshowable(text: str) -> None:
    """Refuse characters that no path and no URI may hold."""
    if _UNSHOWABLE.search(text):
        raise InvalidInput("Invalid path: it holds a control character.")
    if "\\" in text:
        raise InvalidInput("Invalid path: it holds a backslash; separate names with '/'.")


def refuse_traversal(text: str) -> None:
    """Refuse what leads out of a folder, in any form that repeated percent decoding makes of ``text``."""
    for form in _decoded_forms(text):
        if "\0" in form or {".", ".."}.intersection(re.split(r"[/\\]", form)):
            raise InvalidInput("Invalid path: it must not hold '.' or '..' or a NUL.")
        if form.startswith(("/", "\\")) or _DRIVE_OR_SCHEME.match(form):
            raise InvalidInput("Invalid path: it must not begin with '/', a drive letter or a scheme.")


def _decoded_forms(text: str) -> Iterator[str]:
    yield text
    while (decoded := unquote(text)) != text:
        yield (text := decoded)
