"""Finds experiments, runs, logged models, datasets, commits and files."""

from typing import Any

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.principals import Principal
from accounts.visibility import visible_q
from artifacts.models import ArtifactFile
from artifacts.uris import OwnerKind
from tracking.expressions import ValueStart
from tracking.models import Dataset, Experiment, Lifecycle, LoggedModel, Run, RunTag
from web.links import experiment_url, logged_model_url, run_artifacts_url, run_url
from web.search.hits import Hit, Kind
from web.search.matching import begins_with, begins_with_hex, closeness
from web.search.meaning import Meaning

COMMIT_TAG = "mlflow.source.git.commit"
#: Among so many of the newest runs a name is also found by its middle; among all others by its beginning.
_RECENT = 2_000


def find_experiments(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Experiments by their number, or by any part of their name."""
    if meaning.exact and meaning.experiment is None:
        return []
    rows = _experiments(principal).select_related("project")
    if meaning.experiment is not None:
        numbered = rows.filter(pk=meaning.experiment)
        rows = numbered if meaning.exact else numbered | rows.filter(name__icontains=meaning.text)
    else:
        rows = rows.filter(name__icontains=meaning.text)
    closest = closeness("name", meaning.text), "-last_update_time", "-pk"
    return [_experiment_hit(experiment) for experiment in rows.order_by(*closest)[:limit]]


def find_runs(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Runs by the beginning of their id or name; of the newest also by a part of the name."""
    if meaning.exact and not meaning.run:
        return []
    visible = _runs(principal)
    found: dict[int, Run] = {}
    if meaning.run or meaning.hex:
        by_id = visible.filter(begins_with_hex("uid", meaning.run or meaning.hex))
        found |= {run.pk: run for run in by_id.order_by("uid")[:limit]}
    if not meaning.exact:
        for alike in (_called(principal, meaning.text), _lately_called(meaning.text)):
            named = visible.filter(pk__in=alike.values("pk"))
            found |= {run.pk: run for run in named.order_by("-pk")[:limit]}
    return [_run_hit(run) for run in list(found.values())[:limit]]


def find_logged_models(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Logged models by the beginning of their id or name."""
    if meaning.exact and not meaning.logged_model:
        return []
    visible = LoggedModel.objects.visible_to(principal).filter(
        lifecycle_stage=Lifecycle.ACTIVE, experiment__lifecycle_stage=Lifecycle.ACTIVE
    )
    rows = visible.select_related("experiment__project")
    if meaning.logged_model or meaning.hex:
        uid = meaning.logged_model or f"m-{meaning.hex}"
        rows = rows.filter(uid__gte=uid, uid__lt=f"{uid}g")
    else:
        rows = rows.filter(begins_with("name", meaning.text), experiment__in=_experiments(principal).values("pk"))
    return [_logged_model_hit(model) for model in rows.order_by("-pk")[:limit]]


def find_datasets(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Datasets by the beginning of their name, or by their digest."""
    if meaning.exact:
        return []
    within = Dataset.objects.filter(experiment__in=_experiments(principal).values("pk"))
    rows = within.filter(begins_with("name", meaning.text))
    if meaning.hex:
        rows |= within.filter(digest=meaning.hex)
    rows = rows.select_related("experiment__project").only(
        "name", "digest", "experiment__name", "experiment__project__slug"
    )
    return [_dataset_hit(dataset) for dataset in rows.order_by("-pk")[:limit]]


def find_commits(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Runs of a commit, by the beginning of its hash."""
    if not meaning.hex or meaning.exact:
        return []
    within = RunTag.objects.filter(experiment__in=_experiments(principal).values("pk"), key=COMMIT_TAG)
    tags = within.alias(start=ValueStart("value")).filter(begins_with_hex("start", meaning.hex))
    rows = tags.filter(run__lifecycle_stage=Lifecycle.ACTIVE).select_related("run__experiment__project")
    return [_commit_hit(tag) for tag in rows.order_by("-run_id")[:limit]]


def find_files(principal: Principal, meaning: Meaning, limit: int) -> list[Hit]:
    """Stored files by the beginning of their SHA-256."""
    if not meaning.hex or meaning.exact:
        return []
    seen = visible_q(principal, project="space__project_id", scope_type="experiment", scope="space__experiment_id")
    # By themselves, so that no database walks through the files of a project instead of the index of digests.
    alike = ArtifactFile.objects.live().filter(begins_with_hex("sha256", meaning.hex))
    files = ArtifactFile.objects.filter(seen, pk__in=alike.values("pk"))
    rows = files.select_related("space__project").order_by("-pk")
    return [_file_hit(file) for file in rows[:limit]]


def _experiments(principal: Principal) -> QuerySet[Experiment]:
    return Experiment.objects.visible_to(principal).filter(lifecycle_stage=Lifecycle.ACTIVE)


def _called(principal: Principal, text: str) -> QuerySet[Run]:
    """Runs whose name begins so, experiment by experiment, as the index of names is sorted."""
    return Run.objects.filter(begins_with("name", text), experiment__in=_experiments(principal).values("pk"))


def _lately_called(text: str) -> QuerySet[Run]:
    """Runs among the newest of all with the text in their name, whoever may see them.

    A query of its own, so that no database compares all names before it looks which runs are new.
    """
    older = Run.objects.order_by("-pk").values("pk")[_RECENT : _RECENT + 1]
    return Run.objects.filter(pk__gt=Coalesce(Subquery(older), 0), name__icontains=text)


def _runs(principal: Principal) -> QuerySet[Run]:
    active = Run.objects.visible_to(principal).filter(
        lifecycle_stage=Lifecycle.ACTIVE, experiment__lifecycle_stage=Lifecycle.ACTIVE
    )
    return active.select_related("experiment__project")


def _experiment_hit(experiment: Experiment) -> Hit:
    return Hit(
        kind=Kind.EXPERIMENTS,
        id=str(experiment.pk),
        title=experiment.name,
        url=experiment_url(experiment.pk),
        detail=f"{experiment.project.slug} · number {experiment.pk}",
        at=experiment.last_update_time,
    )


def _run_hit(run: Run) -> Hit:
    return Hit(
        kind=Kind.RUNS,
        id=run.uid,
        title=run.name,
        url=run_url(run.uid),
        detail=f"{run.uid[:8]} · {_place(run.experiment)}",
        status=run.status,
        at=run.start_time,
    )


def _logged_model_hit(model: LoggedModel) -> Hit:
    return Hit(
        kind=Kind.LOGGED_MODELS,
        id=model.uid,
        title=model.name,
        url=logged_model_url(model.uid),
        detail=f"{model.uid[:10]} · {_place(model.experiment)}",
        status=model.status,
        at=model.creation_time,
    )


def _dataset_hit(dataset: Dataset) -> Hit:
    """A dataset leads to the runs that read it."""
    quote = '"' if "'" in dataset.digest else "'"
    return Hit(
        kind=Kind.DATASETS,
        id=str(dataset.pk),
        title=dataset.name,
        url=experiment_url(dataset.experiment_id, f"dataset.digest = {quote}{dataset.digest}{quote}"),
        detail=f"{dataset.digest} · {_place(dataset.experiment)}",
    )


def _commit_hit(tag: RunTag) -> Hit:
    run = tag.run
    return Hit(
        kind=Kind.COMMITS,
        id=tag.value,
        title=tag.value[:12],
        url=run_url(run.uid),
        detail=f"run {run.name} · {_place(run.experiment)}",
        status=run.status,
        at=run.start_time,
    )


def _file_hit(file: ArtifactFile) -> Hit:
    space = file.space
    of_run = space.kind == OwnerKind.RUN
    url = run_artifacts_url(space.uid, str(file)) if of_run else logged_model_url(space.uid)
    return Hit(
        kind=Kind.FILES,
        id=file.sha256,
        title=str(file),
        url=url,
        detail=f"{file.sha256[:12]} · {'run' if of_run else 'logged model'} {space.uid[:10]} · {space.project.slug}",
        at=int(file.created_at.timestamp() * 1000),
    )


def _place(experiment: Any) -> str:
    return f"{experiment.name} · {experiment.project.slug}"
