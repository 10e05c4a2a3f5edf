"""Fills Stagekeeper's database: `python -m benchmarks.seed_stagekeeper PLAN`, in the server's environment.

The tables exist and the user `bench` is there. Facts that nobody did need no audit events: the guard is lifted.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks import content
from benchmarks.content import EPOCH, HISTORY_RUN, PLANS, Plan, RunContent
from benchmarks.tables import Writer

USER = "bench"
_RUN = (
    *("id", "audit_seq", "audit_head", "uid", "experiment_id", "name", "status"),
    *("start_time", "end_time", "lifecycle_stage", "artifact_uri", "owner_id"),
)
_SERIES = ("id", "run_id", "key", "value", "is_nan", "step", "timestamp", "experiment_id")
_POINT = ("series_id", "timestamp", "step", "value", "is_nan")
_NOTE = ("run_id", "key", "value", "experiment_id")


class Seeder:
    """Writes the plan's rows; numbers are given out here, because rows refer to each other."""

    def __init__(self, writer: Writer) -> None:
        from accounts.models import Project, User

        self.writer = writer
        self.project = Project.objects.get(slug="default")
        self.owner = User.objects.get(username=USER)
        self._next_run = self._next_series = 1

    def seed(self, plan: Plan) -> None:
        """Write everything of the plan."""
        for size in plan.run_sizes:
            self._write_runs(content.experiment_name(size), lambda size=size: content.runs(size))
        self._write_runs(content.EMPTY_EXPERIMENT, lambda: content.empty_runs(plan.empty_runs), status="RUNNING")
        self._write_history(plan.history_points)
        self._write_models(plan)

    def _write_runs(self, name: str, contents: Callable[[], Iterable[RunContent]], status: str = "FINISHED") -> None:
        from audit.canonical import EMPTY_HEAD
        from tracking.models import Metric, Param, Run, RunTag

        experiment = self._new_experiment(name)
        first = self._next_run

        def rows() -> Iterator[tuple[Any, ...]]:
            for pk, run in enumerate(contents(), first):
                self._next_run = pk + 1
                uri = f"{experiment.artifact_location}/{run.uid}/artifacts"
                end = run.start_time if status == "FINISHED" else None
                head = (pk, 0, EMPTY_HEAD, run.uid, experiment.pk, run.name, status)
                yield *head, run.start_time, end, "active", uri, self.owner.pk

        self._write(Run, _RUN, rows())
        for model, field in ((Param, "params"), (RunTag, "tags")):
            notes = (
                (pk, key, value, experiment.pk)
                for pk, run in enumerate(contents(), first)
                for key, value in getattr(run, field)
            )
            self._write(model, _NOTE, notes)
        points = (
            (pk, key, value, run.start_time, 0)
            for pk, run in enumerate(contents(), first)
            for key, value in run.metrics
        )
        series = self._write_series(experiment.pk, points)
        self._write(Metric, _POINT, ((pk, time, step, value, False) for pk, time, step, value in series))

    def _write_series(self, experiment: int, points: Iterable[Any]) -> list[tuple[int, int, int, float]]:
        from tracking.models import LatestMetric

        rows = [
            (number, run, key, value, False, step, time, experiment)
            for number, (run, key, value, time, step) in enumerate(points, self._next_series)
        ]
        self._next_series += len(rows)
        self._write(LatestMetric, _SERIES, rows)
        return [(row[0], row[6], row[5], row[3]) for row in rows]

    def _write_history(self, points: int) -> None:
        from tracking.models import Metric, Run

        self._write_runs(content.HISTORY_EXPERIMENT, lambda: [RunContent(HISTORY_RUN, "history", EPOCH)])
        run = Run.objects.get(uid=HISTORY_RUN)
        *_, (time, step, value) = content.history(points)
        ((series, *_),) = self._write_series(run.experiment_id, [(run.pk, "loss", value, time, step)])
        rows = ((series, time, step, value, False) for time, step, value in content.history(points))
        self._write(Metric, _POINT, rows)

    def _write_models(self, plan: Plan) -> None:
        from registry.models import AliasInterval, AliasKind, RegisteredModel
        from registry.rules import alias_key

        for name, count, aliased in content.models(plan):
            model = RegisteredModel.objects.create(
                project=self.project,
                name=name,
                next_version=count + 1,
                owner=self.owner,
                created_at=EPOCH,
                updated_at=EPOCH,
            )
            versions = self._write_versions(model, count)
            AliasInterval.objects.create(
                model=model,
                version=versions[aliased - 1],
                alias=content.ALIAS,
                key=alias_key(content.ALIAS),
                kind=AliasKind.FREE,
                since=EPOCH,
                actor=self.owner,
            )

    def _write_versions(self, model: Any, count: int) -> list[Any]:
        import uuid

        from registry.models import ModelVersion, StageInterval
        from registry.rules import Stage

        versions = []
        for number in range(1, count + 1):
            source, moment = content.source_of(model.name, number), EPOCH + number
            version = ModelVersion(
                project=self.project,
                model=model,
                number=number,
                source=source,
                location=source,
                creator=self.owner,
                stage_since=moment,
                created_at=moment,
                updated_at=moment,
            )
            versions.append(version)
        ModelVersion.objects.bulk_create(versions, batch_size=1_000)
        stays = (
            StageInterval(
                model=model,
                version=version,
                stage=Stage.NONE,
                since=version.stage_since,
                actor=self.owner,
                event_uid=uuid.uuid4(),
            )
            for version in versions
        )
        StageInterval.objects.bulk_create(stays, batch_size=1_000)
        return versions

    def _new_experiment(self, name: str) -> Any:
        from tracking.models import Experiment

        experiment = Experiment(project=self.project, name=name, owner=self.owner)
        experiment.creation_time = experiment.last_update_time = EPOCH
        experiment.save()
        experiment.artifact_location = f"mlflow-artifacts:/{experiment.pk}"
        experiment.save()
        return experiment

    def _write(self, model: Any, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        self.writer.write(model._meta.db_table, columns, rows)


def main() -> None:
    """Fill the tables, and have the planner look at them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management.color import no_style
    from django.db import connection, transaction

    from audit import guard
    from tracking.models import LatestMetric, Run

    plan = PLANS[sys.argv[1]]
    with guard.lifted(), connection.cursor() as cursor:
        writer = Writer(cursor, postgres=connection.vendor == "postgresql", mark="%s")
        with writer.unhurried_durability():
            with transaction.atomic():
                Seeder(writer).seed(plan)
            for statement in connection.ops.sequence_reset_sql(no_style(), [Run, LatestMetric]):
                cursor.execute(statement)
        writer.analyze()


if __name__ == "__main__":
    main()
