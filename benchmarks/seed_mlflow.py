"""Fills MLflow's database: `python -m benchmarks.seed_mlflow URI PLAN`. Its own code makes the tables."""

import sqlite3
import sys
from contextlib import closing
from typing import Any

from benchmarks import content
from benchmarks.content import HISTORY_RUN, PLANS, Plan, RunContent
from benchmarks.tables import Rows, Writer

_RUN = (
    *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id", "status"),
    *("start_time", "end_time", "source_version", "lifecycle_stage", "artifact_uri", "experiment_id"),
)
_VERSION = (
    *("name", "version", "creation_time", "last_updated_time", "current_stage"),
    *("source", "storage_location", "run_id", "status"),
)


def seed(writer: Writer, plan: Plan) -> None:
    """Write everything of the plan."""
    for size in plan.run_sizes:
        _write_runs(writer, content.experiment_name(size), lambda size=size: content.runs(size))
    _write_runs(writer, content.EMPTY_EXPERIMENT, lambda: content.empty_runs(plan.empty_runs), status="RUNNING")
    _write_history(writer, plan.history_points)
    _write_models(writer, plan)


def _write_runs(writer: Writer, experiment: str, contents: Any, status: str = "FINISHED") -> None:
    number = _new_experiment(writer, experiment)

    def row(run: RunContent) -> tuple[Any, ...]:
        uri = f"mlflow-artifacts:/{number}/{run.uid}/artifacts"
        end = run.start_time if status == "FINISHED" else None
        return (run.uid, run.name, "UNKNOWN", "", "", "bench", status, run.start_time, end, "", "active", uri, number)

    writer.write("runs", _RUN, map(row, contents()))
    for table, column in (("params", "params"), ("tags", "tags")):
        pairs = ((run.uid, key, value) for run in contents() for key, value in getattr(run, column))
        writer.write(table, ("run_uuid", "key", "value"), pairs)
    points = [(run.uid, key, value, run.start_time, 0, False) for run in contents() for key, value in run.metrics]
    for table in ("metrics", "latest_metrics"):
        writer.write(table, ("run_uuid", "key", "value", "timestamp", "step", "is_nan"), points)


def _write_history(writer: Writer, points: int) -> None:
    run = RunContent(HISTORY_RUN, "history", content.EPOCH)
    _write_runs(writer, content.HISTORY_EXPERIMENT, lambda: [run])
    rows = [(run.uid, "loss", value, time, step, False) for time, step, value in content.history(points)]
    columns = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
    writer.write("metrics", columns, rows)
    writer.write("latest_metrics", columns, rows[-1:])


def _new_experiment(writer: Writer, name: str) -> int:
    writer.cursor.execute(
        "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time) "
        f"VALUES ('{name}', '', 'active', {content.EPOCH}, {content.EPOCH}) RETURNING experiment_id"
    )
    number = int(writer.cursor.fetchone()[0])
    writer.cursor.execute(
        f"UPDATE experiments SET artifact_location = 'mlflow-artifacts:/{number}' WHERE experiment_id = {number}"
    )
    return number


def _write_models(writer: Writer, plan: Plan) -> None:
    models = list(content.models(plan))
    times = (content.EPOCH, content.EPOCH)
    writer.write(
        "registered_models", ("name", "creation_time", "last_updated_time"), ((name, *times) for name, _, _ in models)
    )

    def versions() -> Rows:
        for name, count, _ in models:
            for number in range(1, count + 1):
                source, moment = content.source_of(name, number), content.EPOCH + number
                yield name, number, moment, moment, "None", source, source, "", "READY"

    writer.write("model_versions", _VERSION, versions())
    aliases = ((name, content.ALIAS, number) for name, _, number in models)
    writer.write("registered_model_aliases", ("name", "alias", "version"), aliases)


def _make_tables(uri: str) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(uri, "mlflow-artifacts:/").engine.dispose()


def main() -> None:
    """Make the tables, fill them, and have the planner look at them."""
    uri, plan = sys.argv[1], PLANS[sys.argv[2]]
    _make_tables(uri)
    postgres = uri.startswith("postgresql")
    if postgres:
        import psycopg

        connection: Any = psycopg.connect(uri.replace("+psycopg", ""), autocommit=True)
    else:
        connection = sqlite3.connect(uri.removeprefix("sqlite:///"), isolation_level=None)
    with closing(connection):
        cursor = connection.cursor()
        writer = Writer(cursor, postgres=postgres, mark="?")
        with writer.unhurried_durability():
            cursor.execute("BEGIN")
            seed(writer, plan)
            cursor.execute("COMMIT")
        writer.analyze()


if __name__ == "__main__":
    main()
