"""What people approve: nine things about a step, and one digest of them all. Any change makes another digest."""

import hashlib
from collections.abc import Iterable
from typing import Any

from approvals.models import GateResult, PromotionRequest
from approvals.standing import Standing
from artifacts.queries import content_digest
from audit.canonical import canonical_bytes
from audit.exceptions import Refusal
from registry.models import ModelVersion
from registry.queries.cards import card_revision_of
from registry.rules import Stage, text_digest
from tracking.models import RunInput, RunTag

#: Tags of a run that say what the version was made from.
_PROVENANCE_TAGS = (
    "mlflow.source.git.commit",
    "mlflow.source.git.dirty",
    "mlflow.source.name",
    "mlflow.docker.image.id",
    "mlflow.parentRunId",
    "stagekeeper.git.dirty",
    "stagekeeper.image.digest",
    "stagekeeper.environment.digest",
    "stagekeeper.seed",
)


def subject_of(request: PromotionRequest, standing: Standing, gates: Iterable[GateResult]) -> dict[str, Any]:
    """The nine members, ready for `subject_digest`: whole numbers and texts only."""
    version, incumbent = request.version, incumbent_of(request.version, request.to_stage)
    card = card_revision_of(version)
    return {
        "v": 1,
        "version": {"model": version.model.name, "model_id": version.model_id, "number": version.number},
        "content_digest": digest_of_content(version),
        "transition": {"from": str(version.stage), "to": str(request.to_stage)},
        "incumbent": None if incumbent is None else {"number": incumbent.number, "digest": incumbent.content_digest},
        "policy": standing.digest,
        "card_revision": card.digest,
        "lineage_digest": lineage_digest(version),
        "gates": [_gate(gate) for gate in gates],
        "reason": text_digest(request.reason),
    }


def subject_digest(subject: dict[str, Any]) -> str:
    """The SHA-256 of the canonical form (RFC 8785) of a subject, in hex."""
    return hashlib.sha256(canonical_bytes(subject)).hexdigest()


def changed_members(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The members of two subjects that differ, in words."""
    return [_WORDS[key] for key in _WORDS if before.get(key) != after.get(key)]


_WORDS = {
    "version": "the version",
    "content_digest": "its files",
    "transition": "its stage",
    "incumbent": "the incumbent",
    "policy": "the policy",
    "card_revision": "the model card",
    "lineage_digest": "what it was made from",
    "gates": "what the gates say",
    "reason": "the reason",
}


def incumbent_of(version: ModelVersion, stage: str) -> ModelVersion | None:
    """The version that would make room in Production; there is none in Staging, where several may be."""
    if stage != Stage.PRODUCTION:
        return None
    others = ModelVersion.objects.filter(model_id=version.model_id, stage=stage).exclude(pk=version.pk)
    return others.select_related("model").first()


def digest_of_content(version: ModelVersion) -> str:
    """The digest of a version's files as they are now; empty when nobody here can know it."""
    if version.content_digest:
        return version.content_digest
    space = version.space
    if space is None:
        return ""
    try:
        return content_digest(space, version.prefix)
    except Refusal:  # not hashed yet, or damaged: the integrity gate says which
        return ""


def lineage_digest(version: ModelVersion) -> str:
    """The SHA-256 of what a version was made from: run, datasets with digests, code, image, parent, base version."""
    run = version.run_id
    tags = RunTag.objects.filter(run_id=run, key__in=_PROVENANCE_TAGS).order_by("key") if run else RunTag.objects.none()
    inputs = RunInput.objects.filter(run_id=run).select_related("dataset") if run else RunInput.objects.none()
    made_of = {
        "v": 1,
        "run": version.run_uid,
        "logged_model": version.logged_model.uid if version.logged_model else "",
        "source": version.source,
        "copied_from": version.copied_from_id,
        "tags": [[tag.key, tag.value] for tag in tags],
        "datasets": sorted([read.dataset.name, read.dataset.digest] for read in inputs),
    }
    return hashlib.sha256(canonical_bytes(made_of)).hexdigest()


def _gate(gate: GateResult) -> dict[str, str]:
    return {
        "name": gate.name,
        "type": gate.type,
        "outcome": str(gate.outcome),
        "observed": gate.observed,
        "expected": gate.expected,
    }
