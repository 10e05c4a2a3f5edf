"""Datasets as a run's inputs, as clients describe them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.exceptions import InvalidInput
from tracking.rules.values import read_text

MOST_DATASETS: Final = 1_000
_LENGTHS: Final = {
    "name": 500,
    "digest": 36,
    "source_type": 65_535,
    "source": 65_535,
    "schema": 1_048_575,
    "profile": 16_777_215,
}
_REQUIRED: Final = ("name", "digest", "source_type", "source")


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A dataset that a run read, and remarks on what for."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None
    tags: Mapping[str, str]


def read_dataset_inputs(items: Sequence[Mapping[str, Any]]) -> list[DatasetInput]:
    """Read the datasets of a call; of those with the same name and digest the first counts. Raises InvalidInput."""
    if len(items) > MOST_DATASETS:
        raise InvalidInput(f"At most {MOST_DATASETS} datasets can be logged at once; this call has {len(items)}.")
    inputs: dict[tuple[str, str], DatasetInput] = {}
    for index, item in enumerate(items):
        read = _read_one(item, f"datasets[{index}]")
        inputs.setdefault((read.name, read.digest), read)
    # Sorted, so that two calls that store the same datasets wait for each other and do not deadlock.
    return [inputs[key] for key in sorted(inputs)]


def _read_one(item: Any, path: str) -> DatasetInput:
    dataset = item.get("dataset") if isinstance(item, Mapping) else None
    if not isinstance(dataset, Mapping):
        raise InvalidInput(f"Missing value for required parameter '{path}.dataset'.")
    for name in _REQUIRED:
        if dataset.get(name) is None:
            raise InvalidInput(f"Missing value for required parameter '{path}.dataset.{name}'.")
    texts = {
        name: read_text(dataset[name], f"{path}.dataset.{name}", longest)
        for name, longest in _LENGTHS.items()
        if dataset.get(name) is not None
    }
    return DatasetInput(
        texts["name"],
        texts["digest"],
        texts["source_type"],
        texts["source"],
        texts.get("schema"),
        texts.get("profile"),
        _read_tags(item.get("tags") or (), path),
    )


def _read_tags(items: Any, path: str) -> dict[str, str]:
    tags = {}
    for index, item in enumerate(items):
        place = f"{path}.tags[{index}]"
        if not isinstance(item, Mapping) or item.get("key") is None or item.get("value") is None:
            raise InvalidInput(f"Missing value for required parameter '{place}': a tag has a key and a value.")
        tags[read_text(item["key"], f"{place}.key", 255)] = read_text(item["value"], f"{place}.value", 500)
    return tags
