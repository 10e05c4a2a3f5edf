"""Measures the pages beside MLflow: `python -m benchmarks.pages [--database postgres] [--quick]`.

On 100 k runs, 100 k versions of one model, a metric of 1 M points and 10 k models. A page of ours is one answer; beside
it stand the calls that MLflow's own pages make for the same content. What is compared is processor time, of all
processes of a server and of its database, because the machine may be shared.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import content
from benchmarks.content import FEW_PAGES, HISTORY_RUN, PAGES, Plan
from benchmarks.load import Address, Client, Refused, Request
from benchmarks.operations import API, World
from benchmarks.report import short
from benchmarks.servers import ROOT, Mlflow, Server, Stagekeeper
from benchmarks.side_by_side import machine, pair, say, start

MOST_BYTES = 1_000_000
#: Processor time is counted in hundredths of a second.
_ENOUGH_SECONDS = 2.0
_HEAD = (
    "| page | queries | kB | Stagekeeper: CPU ms | clock ms | MLflow: calls | CPU ms | clock ms | CPU ratio |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True)
class Page:
    """An address of ours, and what MLflow's pages would ask for the same; nothing where they have no such page."""

    title: str
    address: str
    calls: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What one page costs in all: milliseconds of processor time and on the clock, and bytes."""

    cpu: float
    clock: float
    size: int


def main() -> None:
    """Start, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="little content, to see that all works")
    parser.add_argument("--times", type=int, default=40, help="how often each page is asked for at most")
    arguments = parser.parse_args()
    plan = FEW_PAGES if arguments.quick else PAGES
    with pair(arguments.database, "few-pages" if arguments.quick else "pages") as (theirs, ours):
        assert isinstance(theirs, Mlflow)
        # One client asks, so one process answers; several are stopped by their own supervisor on a busy machine.
        theirs.workers = 1
        say(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}")
        start([theirs, ours], 1)
        pages = list(_pages(plan, World(theirs.address, plan, b""), World(ours.address, plan, b"")))
        queries = _count_queries(ours, [page.address for page in pages])
        print(_HEAD, flush=True)
        for page in pages:
            print(_line(page, queries[page.address], theirs, ours, arguments.times), flush=True)


def _pages(plan: Plan, theirs: World, ours: World) -> Iterator[Page]:
    """Every kind of page, where there is most to show."""
    yield Page("home", "/", (_experiments(theirs, 5),))
    yield from _tracking_pages(plan, theirs, ours)
    yield from _registry_pages(plan, theirs)
    yield Page("search for “bench”", "/search?q=bench")
    yield Page("audit log", "/audit")
    yield Page("projects", "/projects")
    yield Page("members of a project", "/projects/default/members")
    yield Page("people", "/people")
    yield Page("who may what", "/explain")
    yield Page("my profile", "/profile")


def _tracking_pages(plan: Plan, theirs: World, ours: World) -> Iterator[Page]:
    size = plan.run_sizes[-1]
    table, their_id = f"/experiments/{ours.experiment_id(size)}", theirs.experiment_id(size)
    uids = [content.uid_of(content.experiment_name(size), index) for index in range(3)]
    about = theirs.get("experiments/get", experiment_id=their_id)
    newest = theirs.post(
        "runs/search", experiment_ids=[their_id], max_results=100, order_by=["attributes.start_time DESC"]
    )
    found = theirs.post(
        "runs/search",
        experiment_ids=[their_id],
        max_results=100,
        filter="metrics.acc > 0.9",
        order_by=["metrics.acc DESC"],
    )
    yield Page("experiments", "/experiments", (_experiments(theirs, 25),))
    yield Page("runs of an experiment", table, (about, newest))
    asked = "q=metrics.acc+%3E+0.9&sort=-metrics.acc"
    yield Page("runs, filtered and sorted by a metric", f"{table}?{asked}", (about, found))
    yield Page("runs, by a param", f"{table}?group=params.lr")
    yield Page("run", f"/runs/{uids[0]}", (*_run(theirs, uids[0]), about))
    yield Page("files of a run", f"/runs/{uids[0]}/artifacts", (*_run(theirs, uids[0]), _files(theirs, uids[0])))
    points = theirs.address.get(
        f"/ajax-api{API.removeprefix('/api')}/metrics/get-history-bulk-interval",
        run_ids=HISTORY_RUN,
        metric_key="loss",
        max_results=320,
    )
    yield Page("run with a metric of many points", f"/runs/{HISTORY_RUN}", (*_run(theirs, HISTORY_RUN), about))
    yield Page("… its curve", f"/api/v1/metric-curves?run={HISTORY_RUN}&key=loss", (points,))
    three = "&".join(f"run={uid}" for uid in uids)
    yield Page("comparison of 3 runs", f"/compare/runs?{three}", tuple(_run(theirs, uid)[0] for uid in uids))


def _registry_pages(plan: Plan, theirs: World) -> Iterator[Page]:
    size = plan.version_sizes[-1]
    name, number = content.model_name(size), size // 2
    model = f"/models/default/{name}"
    one = theirs.get("registered-models/get", name=name)
    newest = theirs.get("model-versions/search", filter=f"name='{name}'", max_results=100)
    version = theirs.get("model-versions/get", name=name, version=str(number))
    yield Page("models", "/models", (theirs.get("registered-models/search", max_results=25),))
    yield Page("model", model, (one, newest))
    yield Page("versions of a model", f"{model}/versions", (one, newest))
    yield Page("history of a model", f"{model}/history")
    yield Page("card of a model", f"{model}/card")
    yield Page("version", f"{model}/versions/{number}", (one, version))
    yield Page("history of a version", f"{model}/versions/{number}/history")


def _experiments(world: World, count: int) -> Request:
    return world.post("experiments/search", max_results=count, order_by=["last_update_time DESC"])


def _run(world: World, uid: str) -> tuple[Request]:
    return (world.get("runs/get", run_id=uid, run_uuid=uid),)


def _files(world: World, uid: str) -> Request:
    return world.get("artifacts/list", run_id=uid)


# --- Measuring --------------------------------------------------------------------------------------------------------


def _line(page: Page, queries: int, theirs: Server, ours: Server, times: int) -> str:
    try:
        our_cost = _cost(ours, [ours.address.get(page.address)], times)
        their_cost = _cost(theirs, list(page.calls), times) if page.calls else None
    except Refused as refusal:
        return f"| {page.title} | not measured: {str(refusal).splitlines()[0][:120]} |"
    size = f"{our_cost.size / 1000:.0f}" + ("" if our_cost.size < MOST_BYTES else " **too big**")
    cells = [page.title, str(queries), size, short(our_cost.cpu), short(our_cost.clock)]
    if their_cost is None:
        cells += ["", "", "", ""]
    else:
        ratio = their_cost.cpu / our_cost.cpu if our_cost.cpu else float("inf")
        cells += [str(len(page.calls)), short(their_cost.cpu), short(their_cost.clock), f"**{short(ratio)}**"]
    return f"| {' | '.join(cells)} |"


def _cost(server: Server, requests: list[Request], times: int) -> Cost:
    """Ask once to warm up, then up to so many times, until enough was spent to be counted well."""
    size = sum(_ask(server.address, request)[1] for request in requests)
    before, clock, spent, done = server.tree.cpu() + server.database_cpu(), 0.0, 0.0, 0
    while done < times and spent < _ENOUGH_SECONDS:
        clock += sum(_ask(server.address, request)[0] for request in requests)
        spent = server.tree.cpu() + server.database_cpu() - before
        done += 1
    return Cost(spent / done * 1000, clock / done * 1000, size)


def _ask(address: Address, request: Request) -> tuple[float, int]:
    """Seconds and bytes of one answer. Raises `Refused`."""
    client = Client(address, keep=True)
    try:
        client.send(request)
        while not (took := client.receive()):
            pass
        return took, len(client.body)
    finally:
        client.close()


def _count_queries(server: Server, addresses: list[str]) -> dict[str, int]:
    """How many queries each page makes, counted in a process of its own on the same database."""
    assert isinstance(server, Stagekeeper)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.page_queries", server.address.token],
        cwd=ROOT,
        env=server.environment,
        input=json.dumps(addresses),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    counted: dict[str, int] = json.loads(done.stdout)
    return counted


if __name__ == "__main__":
    main()
