"""The files of two runs or other owners of artifacts: which are the same, and what differs within one of them."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from accounts.principals import Principal
from artifacts.models import ArtifactFile, ArtifactSpace
from artifacts.paths import parse_folder
from artifacts.previews import Kind, plan_for
from artifacts.queries import read_head
from artifacts.readers import may_download
from audit.exceptions import Refusal

#: Files of one side, bytes and lines of a text that are compared, and lines of a difference.
MOST_FILES: Final = 2_000
MOST_BYTES: Final = 256 * 1024
MOST_LINES: Final = 2_000
MOST_SHOWN: Final = 1_000
LONGEST_LINE: Final = 1_000
_CONTEXT: Final = 3


@dataclass(frozen=True, slots=True)
class Side:
    """Where the files of one side lie: below ``folder`` of a space; no space when nothing was stored."""

    space: ArtifactSpace | None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class FilePair:
    """A path on both sides; ``state`` is same, changed, left or right, the last two when only that side has it."""

    path: str
    left: ArtifactFile | None
    right: ArtifactFile | None

    @property
    def state(self) -> str:
        """How the sides compare."""
        if self.left is None or self.right is None:
            return "right" if self.left is None else "left"
        same_bytes = self.left.sha256 == self.right.sha256 if self.left.sha256 and self.right.sha256 else None
        if same_bytes is None:
            return "unread" if self.left.size == self.right.size else "changed"
        return "same" if same_bytes else "changed"


@dataclass(slots=True)
class Listing:
    """The files of both sides by path; ``is_cut`` when a side has more files than are looked at."""

    pairs: list[FilePair] = field(default_factory=list)
    is_cut: bool = False

    def of_state(self, *states: str) -> list[FilePair]:
        """The pairs in one of these states."""
        return [pair for pair in self.pairs if pair.state in states]

    def at(self, path: str) -> FilePair | None:
        """The pair at a path."""
        return next((pair for pair in self.pairs if pair.path == path), None)


@dataclass(slots=True)
class Inside:
    """What differs within a pair. ``kind`` is text, image or nothing; ``why`` says why there is nothing to show."""

    kind: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = False
    why: str = ""


def list_pairs(left: Side, right: Side) -> Listing:
    """The files of both sides; at most one query a side."""
    of_left, of_right = _files(left), _files(right)
    is_cut = max(len(of_left), len(of_right)) > MOST_FILES
    paths = sorted({*list(of_left)[:MOST_FILES], *list(of_right)[:MOST_FILES]})
    return Listing([FilePair(path, of_left.get(path), of_right.get(path)) for path in paths], is_cut)


def _files(side: Side) -> dict[str, ArtifactFile]:
    if side.space is None:
        return {}
    folder = parse_folder(side.folder)
    rows = ArtifactFile.objects.live().filter(space=side.space).below(folder).order_by("folder", "name")
    files = {}
    for file in rows[: MOST_FILES + 1]:
        file.space = side.space
        files[str(file).removeprefix(folder)] = file
    return files


def look_inside(actor: Principal, pair: FilePair) -> Inside:
    """What differs within the files of a pair, as far as ``actor`` may read them and texts can be compared."""
    files = [file for file in (pair.left, pair.right) if file is not None]
    if not all(may_download(actor, file.space, str(file)) for file in files):
        return Inside("nothing", why="You may not download these files, so only sizes and digests are compared.")
    kind = plan_for(files[0].name, 0).kind
    if kind == Kind.IMAGE:
        return Inside("image")
    if kind == Kind.PARQUET or pair.state == "same":
        return Inside("nothing", why="The files are the same." if pair.state == "same" else "")
    if max(file.size for file in files) > MOST_BYTES:
        return Inside("nothing", why=f"Texts of more than {MOST_BYTES // 1024} KiB are not compared line by line.")
    try:
        texts = [_text(actor, file) for file in (pair.left, pair.right)]
    except UnicodeDecodeError:
        return Inside("nothing", why="These are no texts, so only sizes and digests are compared.")
    except Refusal as refusal:
        return Inside("nothing", why=str(refusal))
    return diff_of(*texts)


def _text(actor: Principal, file: ArtifactFile | None) -> str:
    data = b"" if file is None else read_head(actor, file, MOST_BYTES)
    if b"\x00" in data:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "a binary file")
    return data.decode()


def diff_of(left: str, right: str) -> Inside:
    """What differs between two texts: lines that went and came with a few around them."""
    before, after = left.splitlines(), right.splitlines()
    is_cut = max(len(before), len(after)) > MOST_LINES
    lines = list(_unified(before[:MOST_LINES], after[:MOST_LINES]))
    if not lines and not is_cut:
        return Inside("nothing", why="The texts are the same.")
    shown = [(kind, line[:LONGEST_LINE]) for kind, line in lines[:MOST_SHOWN]]
    return Inside("text", shown, is_cut or len(lines) > MOST_SHOWN)


def _unified(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield "place", f"Lines {first[1] + 1} to {last[2]} became {first[3] + 1} to {last[4]}"
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from _all("same", before[a:b])
            else:
                yield from _all("gone", before[a:b])
                yield from _all("new", after[c:d])


def _all(kind: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((kind, line) for line in lines)
