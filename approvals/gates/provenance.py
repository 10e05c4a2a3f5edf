"""The gate about where a version comes from: whether it could be made again, by what its run and files say."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from approvals.gates.base import Context, Result, error, failed, passed
from approvals.gates.files import files_of
from approvals.words import named
from registry.models import ModelVersion
from tracking.models import LoggedModelParam, Param, Run, RunInput, RunTag

_DIRTY: Final = ("stagekeeper.git.dirty", "mlflow.source.git.dirty")
_TAGS: Final = (
    "mlflow.source.git.commit",
    "mlflow.docker.image.id",
    "stagekeeper.image.digest",
    "stagekeeper.environment.digest",
    "stagekeeper.seed",
    *_DIRTY,
)
_LOCKS: Final = ("requirements.txt", "conda.yaml", "python_env.yaml")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256: Final = re.compile(r"sha256:[0-9a-f]{64}")
_SEED: Final = re.compile(r"(?:^|__|[./])(?:random_seed|random_state|seed)$", re.IGNORECASE)
_NO_VALUE: Final = frozenset({"", "none", "null", "nan"})


@dataclass(frozen=True)
class Facts:
    """What is known of the origin of a version: the tags and params of its run, the data it read, its own files."""

    tags: Mapping[str, str]
    seeds: Mapping[str, str]
    datasets: list[tuple[str, str]]
    files: Mapping[str, str]


def provenance_complete(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether everything is known that one needs to make the version again, or the parts that the policy names."""
    wanted = [_key(str(need)) for need in config.get("needs", _PARTS)]
    if strange := [need for need in wanted if need not in _PARTS]:
        return error(f"Provenance has no part {named(strange)}: the policy can name {', '.join(_PARTS)}.")
    facts = _facts(context.version)
    found = {need: _PARTS[need].find(facts) for need in dict.fromkeys(wanted)}
    missing = [_PARTS[need].lack for need, what in found.items() if not what]
    given = {
        "observed": "; ".join(f"{_word(need)}: {what or 'missing'}" for need, what in found.items()),
        "expected": ", ".join(_word(need) for need in found),
        "inputs": {"run": context.version.run_uid, "found": found, "tags": dict(facts.tags)},
    }
    if not missing:
        return passed("Everything is known that one needs to make it again.", **given)
    if _run_of(context.version) is None:
        sentence = "It was registered without the run that made it, so nobody knows"
        return failed(f"{sentence} {', '.join(_word(need) for need, what in found.items() if not what)}.", **given)
    return failed(f"Its run has to say more. Missing: {'; '.join(missing)}.", **given)


def _facts(version: ModelVersion) -> Facts:
    run = _run_of(version)
    params = Q(key__iendswith="seed") | Q(key__iendswith="random_state")
    seeds = dict(Param.objects.filter(params, run=run).values_list("key", "value")) if run else {}
    if version.logged_model is not None:
        of_model = LoggedModelParam.objects.filter(params, logged_model=version.logged_model)
        seeds |= dict(of_model.values_list("key", "value"))
    read = RunInput.objects.filter(run=run).select_related("dataset") if run else RunInput.objects.none()
    return Facts(
        tags=dict(RunTag.objects.filter(run=run, key__in=_TAGS).values_list("key", "value")) if run else {},
        seeds={key: value for key, value in sorted(seeds.items()) if _SEED.search(key)},
        datasets=sorted((each.dataset.name, each.dataset.digest) for each in read),
        files={path: file.sha256 for path, file in files_of(version).items() if path in _LOCKS},
    )


def _run_of(version: ModelVersion) -> Run | None:
    return version.run or (version.logged_model.source_run if version.logged_model else None)


# Each says what it found, in a few words, or nothing.


def _code_commit(facts: Facts) -> str:
    commit = facts.tags.get("mlflow.source.git.commit", "").strip().lower()
    return commit if _COMMIT.fullmatch(commit) else ""


def _clean_tree(facts: Facts) -> str:
    said = {facts.tags[key].strip().lower() for key in _DIRTY if key in facts.tags}
    return "clean" if said == {"false"} else ""


def _data_digest(facts: Facts) -> str:
    if not facts.datasets or not all(digest.strip() for _, digest in facts.datasets):
        return ""
    return named([f"{name} ({digest})" for name, digest in facts.datasets])


def _image_digest(facts: Facts) -> str:
    return _first_digest(facts.tags.get(key, "") for key in ("stagekeeper.image.digest", "mlflow.docker.image.id"))


def _seed(facts: Facts) -> str:
    said = {"stagekeeper.seed": facts.tags.get("stagekeeper.seed", "")} | dict(facts.seeds)
    return next((f"{key}={value}" for key, value in said.items() if value.strip().lower() not in _NO_VALUE), "")


def _environment_lock(facts: Facts) -> str:
    if digest := _first_digest([facts.tags.get("stagekeeper.environment.digest", "")]):
        return digest
    return next((path for path in _LOCKS if path in facts.files), "")


def _first_digest(texts: Iterable[str]) -> str:
    return next((match[0] for text in texts if (match := _SHA256.search(text.strip().lower()))), "")


@dataclass(frozen=True)
class _Part:
    """One thing to know: what finds it, and what to do when it is missing."""

    find: Callable[[Facts], str]
    lack: str


_PARTS: Final[Mapping[str, _Part]] = {
    "code_commit": _Part(_code_commit, "code commit (tag mlflow.source.git.commit, in full)"),
    "clean_tree": _Part(_clean_tree, "clean tree (tag stagekeeper.git.dirty must be “false”)"),
    "data_digest": _Part(_data_digest, "data digest (log_input every dataset, with its digest)"),
    "image_digest": _Part(_image_digest, "image digest (tag stagekeeper.image.digest, as sha256:…)"),
    "seed": _Part(_seed, "seed (tag stagekeeper.seed, or a param seed or random_state)"),
    "environment_lock": _Part(
        _environment_lock, "environment lock (requirements.txt beside the model, or tag stagekeeper.environment.digest)"
    ),
}


def _key(need: str) -> str:
    return need.strip().lower().replace(" ", "_").replace("-", "_")


def _word(need: str) -> str:
    return need.replace("_", " ")
