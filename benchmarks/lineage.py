"""Measures walks over a large lineage graph beside PostgreSQL's recursive queries: `python -m benchmarks.lineage`.

Starts a PostgreSQL from its wheel, fills it with an estate (`lineage_estate`), builds the arrays, and asks both the
same questions about the same rows. What is measured is processor time: ours of this process, theirs of the server's.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.servers import Postgres

_TRAININGS, _QUICK_TRAININGS = 530_000, 20_000
_PROJECTS, _SCOPES = 40, 2_000
_LOT = 50_000
_MS = 1_000


def main() -> None:
    """Measure and print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a small estate, to see that everything works")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sk-lineage-", dir="/tmp"))
    folder.chmod(0o755)
    server = Postgres(folder / "postgres")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": server.url(),
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "a key for a benchmark that protects nothing at all",
    }
    try:
        _measure(server, folder, trainings=_QUICK_TRAININGS if options.quick else _TRAININGS)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(server: Postgres, folder: Path, *, trainings: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.lineage_estate import make_estate

    (folder / "data").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    estate = make_estate(trainings, scopes=_SCOPES)
    _load(estate)
    _say(f"{len(estate.kind):,} nodes, {len(estate.src):,} edges, {_SCOPES:,} scopes in {_PROJECTS} projects")
    viewer = _viewer()
    _measure_arrays()
    _measure_walks(server, estate, viewer)
    _measure_delta(estate, viewer)


# --- Filling ----------------------------------------------------------------------------------------------------------


def _load(estate: Any) -> None:
    from django.db import connection

    from accounts.models import Project
    from audit import guard
    from lineage.keys import hash_of
    from lineage.models import Scope

    with guard.lifted():
        made = [Project(slug=f"project-{n}", name=f"Project {n}") for n in range(_PROJECTS)]
        projects = Project.objects.bulk_create(made)
    Scope.objects.bulk_create(
        [Scope(pk=n + 1, project=projects[n % _PROJECTS], kind="experiment", object_id=n + 1) for n in range(_SCOPES)]
    )
    with connection.cursor() as cursor:
        # Foreign keys hold by how the estate is made; checking five million of them would take the most time.
        cursor.execute("SET session_replication_role = replica")
        columns = "id, kind, key, key_hash, scope_id, label, created_at, recorded_at, digest, pinned, props"
        with cursor.copy(f"COPY lineage_node ({columns}) FROM STDIN") as copy:
            for n, (kind, scope, at) in enumerate(
                zip(estate.kind.tolist(), estate.scope.tolist(), estate.at.tolist(), strict=True), 1
            ):
                key = f"run:bench/{n}"
                copy.write(
                    f"{n}\t{kind}\t{key}\t\\\\x{hash_of(key).hex()}\t{scope}\tthing {n}\t{at}\t{at}\t\tt\t{{}}\n"
                )
        recorded = estate.at[np.maximum(estate.src, estate.dst) - 1]
        with cursor.copy(
            "COPY lineage_edge (seq, src_id, dst_id, kind, role, basis, at, recorded_at) FROM STDIN"
        ) as copy:
            rows = zip(
                estate.src.tolist(), estate.dst.tolist(), estate.edge_kind.tolist(), estate.role.tolist(),
                recorded.tolist(), strict=True,
            )  # fmt: skip
            for seq, (src, dst, kind, role, at) in enumerate(rows, 1):
                copy.write(f"{seq}\t{src}\t{dst}\t{kind}\t{role}\t1\t{at}\t{at}\n")
        cursor.execute("SET session_replication_role = DEFAULT")
        for table, number in (("lineage_node", "id"), ("lineage_edge", "seq"), ("lineage_scope", "id")):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{number}'), (SELECT max({number}) FROM {table}))"
            )
        cursor.execute("ANALYZE")


def _viewer() -> Any:
    """Somebody who may read half of the projects."""
    from accounts.models import Project
    from accounts.operations import create_user, grant_role
    from accounts.principals import CONSOLE, Principal
    from accounts.roles import Role

    user = create_user(CONSOLE, "viewer", password="a-long-enough-pass-phrase")
    for project in Project.objects.filter(slug__startswith="project-").order_by("pk")[: _PROJECTS // 2]:
        grant_role(CONSOLE, user, Role.VIEWER, project)
    return Principal(user, auth="session")


# --- Measuring --------------------------------------------------------------------------------------------------------


def _measure_arrays() -> None:
    from lineage.engine import building, current, graph_for, snapshots

    began = time.process_time()
    assert building.build_if_due(0)
    nothing = time.process_time() - began
    files = {path.name: path.stat().st_size for path in (snapshots.folder() / snapshots.newest()).glob("*.npy")}
    walked = {"ids", "kinds", "sets", "created", *(f"flow.{one}" for one in _WALKED)}
    touched = sum(size for name, size in files.items() if name.removesuffix(".npy") in walked)
    before = _private_megabytes()
    began = time.process_time()
    current.forget()
    graph_for(None)
    opened = time.process_time() - began
    private = _private_megabytes() - before
    _say("")
    _say("| arrays | |")
    _say("|---|--:|")
    _say(f"| built from nothing, CPU s (without the server's COPY) | {nothing:.2f} |")
    _say(f"| on disk, MB: what walks touch / all | {touched / 1e6:.1f} / {sum(files.values()) / 1e6:.1f} |")
    _say(f"| opened, CPU ms; private memory of a process, MB | {opened * _MS:.1f}; {private:.1f} |")


_WALKED = ("down_pointers", "down", "up_pointers", "up")


def _measure_walks(server: Postgres, estate: Any, viewer: Any) -> None:
    from lineage.engine import graph_for
    from lineage.vocabulary import NodeKind

    random = np.random.default_rng(5)
    everything = graph_for(None)
    half = graph_for(viewer)
    seen = _readable_starts(half, estate, random)
    models, data = seen(NodeKind.MODEL_VERSION, 40), seen(NodeKind.DATASET_VERSION, 40)
    hottest = [estate.hottest]
    questions: list[tuple[str, list[int], str, int | None, int]] = [
        ("all ancestors of a model", models, "up", None, 1),
        ("all that was made of a dataset version", data, "down", None, 1),
        ("all that was made of the hottest", hottest, "down", None, 3),
        ("three steps up from a model", models, "up", 3, 1),
        ("three steps down from the hottest", hottest, "down", 3, 20),
    ]
    _say("")
    _say(
        "| question | nodes p50 | **ours** p50 / p95 ms | PostgreSQL p50 / p95 ms | ratio p50 | "
        "**ours, half may be read** p50 / p95 ms | PostgreSQL, half may be read | ratio p50 |"
    )
    _say("|---|--:|--:|--:|--:|--:|--:|--:|")
    allowed = _allowed_scopes(half)
    for title, starts, direction, depth, again in questions:
        sizes = [_ask(everything, one, direction, depth) for one in starts]
        plain = _times(partial(_ask, everything, direction=direction, depth=depth), starts * again)
        masked = _times(partial(_ask, half, direction=direction, depth=depth), starts * again)
        theirs = _their_times(server, starts * again, direction, depth, None)
        redacted = _their_times(server, starts * again, direction, depth, allowed)
        _say(
            f"| {title} | {np.median(sizes):,.0f} | {_both(plain)} | {_both(theirs)} | "
            f"**{np.median(theirs) / np.median(plain):.0f}** | {_both(masked)} | {_both(redacted)} | "
            f"**{np.median(redacted) / np.median(masked):.0f}** |"
        )


def _measure_delta(estate: Any, viewer: Any) -> None:
    from django.db import connection

    from lineage.engine import building, current, graph_for
    from lineage.vocabulary import NodeKind

    models = (np.flatnonzero(estate.kind == NodeKind.MODEL_VERSION) + 1).tolist()
    graph_for(None)
    _say("")
    _say("| new edges | catching up, CPU ms | ancestors of a model, CPU ms p50 | hottest, CPU ms p50 |")
    _say("|---|--:|--:|--:|")
    with connection.cursor() as cursor:
        written = 0
        for more in (0, 1, 100, 9_800):
            cursor.execute(
                "INSERT INTO lineage_edge (src_id, dst_id, kind, role, basis, at, recorded_at) "
                "SELECT (random() * %s)::int + 1, %s + n, 3, 12, 1, 1, 1 FROM generate_series(1, %s) n "
                "ON CONFLICT DO NOTHING",
                [len(estate.kind) // 3, len(estate.kind) // 2 + written, more],
            )
            written += more
            # What is new is read once, so that its cost is that of the first question alone.
            caught = _times(lambda _: graph_for(None), [0] if more else [0] * 20)
            graph = graph_for(None)
            up = _times(lambda one, graph=graph: _ask(graph, one, "up", None), models[-400::10])
            hot = _times(lambda one, graph=graph: _ask(graph, one, "down", None), [estate.hottest] * 3)
            _say(f"| {written:,} | {np.median(caught):.2f} | {np.median(up):.2f} | {np.median(hot):.1f} |")
    began = time.process_time()
    assert building.build_if_due(1)
    _say("")
    _say(f"Arrays built from the ones before and 9,901 edges: {time.process_time() - began:.2f} CPU s.")
    current.forget()
    mine = _times(lambda _: graph_for(viewer).readable([1]), [0] * 21)[1:]
    _say(f"A viewer's rights on {_SCOPES:,} scopes, with catching up, read anew: {np.median(mine):.2f} CPU ms.")


def _ask(graph: Any, start: int, direction: str, depth: int | None) -> int:
    return int(graph.reach([start], direction, depth=depth).total)


def _readable_starts(graph: Any, estate: Any, random: Any) -> Callable[[int, int], list[int]]:
    """Chooses things of a kind that the viewer may read, among those made after the first quarter."""

    def choose(kind: int, count: int) -> list[int]:
        things = np.flatnonzero(estate.kind == kind) + 1
        chosen = random.choice(things[len(things) // 4 :], count * 4, replace=False).tolist()
        readable = graph.readable(chosen)
        return [one for one in chosen if one in readable][:count]

    return choose


def _allowed_scopes(graph: Any) -> list[int]:
    scopes, _ = graph.store.scope_sets.flat()
    return [int(one) for one in np.unique(scopes[graph._scopes_read(scopes)])]


def _times(function: Callable[[int], object], starts: list[int]) -> list[float]:
    """Milliseconds of processor time of each call."""
    times = []
    for start in starts:
        began = time.process_time()
        function(start)
        times.append((time.process_time() - began) * _MS)
    return times


def _their_times(
    server: Postgres, starts: list[int], direction: str, depth: int | None, allowed: list[int] | None
) -> list[float]:
    """Milliseconds of the server's processor time of each question.

    The clock of processes is too coarse for a single one (10 ms), so each gets its share, by time on the wall, of what
    all of them took.
    """
    import psycopg

    statement, parameters = _recursive(direction, depth, allowed)
    times = []
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB'")
        cpu = server.tree.cpu()
        for start in starts:
            began = time.perf_counter()
            connection.execute(statement, {"start": start, **parameters}).fetchone()
            times.append((time.perf_counter() - began) * _MS)
        share = (server.tree.cpu() - cpu) * _MS / sum(times)
    return [each * share for each in times]


def _recursive(direction: str, depth: int | None, allowed: list[int] | None) -> tuple[str, dict[str, object]]:
    """The quickest recursive query that answers the same: by ids alone, or with depths when they are limited."""
    here, there = ("dst_id", "src_id") if direction == "up" else ("src_id", "dst_id")
    flow = "e.kind = ANY(ARRAY[1, 2, 3, 4, 5, 6]::smallint[])"
    if depth is None:
        walk = (
            f"walk(id) AS (SELECT %(start)s::bigint UNION SELECT e.{there} FROM lineage_edge e "
            f"JOIN walk w ON e.{here} = w.id WHERE {flow})"
        )
    else:
        walk = (
            f"walk(id, depth) AS (SELECT %(start)s::bigint, 0 UNION SELECT e.{there}, w.depth + 1 FROM lineage_edge e "
            f"JOIN walk w ON e.{here} = w.id WHERE {flow} AND w.depth < %(depth)s)"
        )
    parameters: dict[str, object] = {} if depth is None else {"depth": depth}
    if allowed is None:
        return f"WITH RECURSIVE {walk} SELECT count(DISTINCT id) FROM walk", parameters
    parameters["allowed"] = allowed
    counted = (
        "SELECT count(*) FROM (SELECT DISTINCT id FROM walk) found JOIN lineage_node n ON n.id = found.id "
        "WHERE n.scope_id = ANY(%(allowed)s)"
    )
    return f"WITH RECURSIVE {walk} {counted}", parameters


def _both(times: list[float]) -> str:
    return f"{_short(float(np.median(times)))} / {_short(float(np.percentile(times, 95)))}"


def _short(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _private_megabytes() -> float:
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
