"""What a thing is a version of: a dataset, a repository, an image, a model."""

from typing import Final

from lineage.keys import HERE

_VERSIONED: Final = frozenset({"dsv", "git", "oci", "fv"})


def collection_of(key: str) -> str:
    """The part of a key that its other versions share; the kind of key where there is none."""
    kind, _, rest = key.partition(":")
    if kind == "git":
        repository, _, commit = rest.rpartition("@")
        _, _, path = commit.partition("#")
        return f"git:{repository}#{path.partition('+')[0]}"
    if kind in _VERSIONED:
        return f"{kind}:{rest.rpartition('@')[0]}"
    if kind == "mv":
        return f"m:{rest.rpartition('/')[0]}"
    return f"{kind}:"


def label_of_collection(collection: str) -> str:
    """How to call what several things are versions of; empty for what only the apps above can name."""
    kind, _, rest = collection.partition(":")
    if kind == "m" and rest.startswith(f"{HERE}/"):
        return ""
    return rest.partition("#")[0].rsplit("/", 1)[-1]
