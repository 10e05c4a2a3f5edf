"""Serves the files of `settings.NPM_FILES` from node_modules, where `npm ci` put them; nothing of them is committed."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

_COMPRESSED = ".gz"


class NpmStorage(FileSystemStorage):
    """The chosen files, each under the name that `settings.NPM_FILES` gives it."""

    @cached_property
    def files(self) -> dict[str, Path]:
        """Name below /static/ -> file; compressed twins included."""
        found = dict(_expand(settings.NPM_FILES.items()))
        twins = {name + _COMPRESSED: file.with_name(file.name + _COMPRESSED) for name, file in found.items()}
        return found | {name: file for name, file in twins.items() if file.exists()}

    def path(self, name: str) -> str:
        """The file behind a name. Raises `KeyError` for a name that is not served."""
        return str(self.files[name])


class NpmFinder(BaseFinder):
    """Finds what pages load of other people's code."""

    storage = NpmStorage(location=str(settings.NPM_DIR))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say how to install what is missing, before a page looks broken."""
        missing = [name for name, file in self.storage.files.items() if not file.exists()]
        if not missing:
            return []
        hint = "Run `make install`, or `npm ci` where the server's files are."
        return [Error(f"The browser's libraries are not installed: {missing[0]} is missing.", hint=hint, id="web.E001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file that a name below /static/ stands for; an empty list when there is none."""
        file = self.storage.files.get(path)
        if file is None:
            return []
        return [str(file)] if find_all else str(file)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, NpmStorage]]:
        """Every name with the storage that knows its file."""
        for name in self.storage.files:
            yield name, self.storage


def compressible() -> Iterator[Path]:
    """The files that are smaller when compressed: all but those that are so already."""
    return (file for name, file in NpmFinder.storage.files.items() if not name.endswith(_COMPRESSED))


def icon_file(name: str) -> Path:
    """The drawing of an icon, in Tabler's outline style."""
    return Path(settings.NPM_DIR) / "@tabler/icons/icons/outline" / f"{name}.svg"


def _expand(chosen: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Path]]:
    for name, place in chosen:
        root = Path(settings.NPM_DIR) / place
        if not name.endswith("/"):
            yield name, root
            continue
        for file in sorted(root.rglob("*.js")):
            yield name + file.relative_to(root).as_posix(), file
