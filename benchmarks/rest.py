"""Measures Stagekeeper beside a real MLflow server: `python -m benchmarks.rest [--database postgres] [--quick]`.

Both servers run at the same time on the same machine with the same content, and take turns slice by slice
(A B B A …) in every operation. What counts is processor time per operation, of all processes of a server and of its
database: on a busy machine it changes little, time on the clock much.
"""

import argparse
from datetime import UTC, datetime
from itertools import count

from benchmarks import report
from benchmarks.content import FULL, QUICK, Plan
from benchmarks.load import Refused, Sample, drive
from benchmarks.operations import Make, Operation, World, operations, payload
from benchmarks.report import Measured
from benchmarks.servers import Server
from benchmarks.side_by_side import machine, pair, say, start


def main() -> None:
    """Start, measure, print."""
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    with pair(arguments.database, "quick" if arguments.quick else "full") as servers:
        say(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}")
        print(report.starts(*start(servers, arguments.starts)), flush=True)
        _measure_all(servers, plan, arguments)
        for server in servers:
            memory = server.tree.memory()
            print(f"{server.name} after all this: {memory.pss:.0f} MB in {memory.processes} processes.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="little content and short slices, to see that all works")
    parser.add_argument("--clients", type=int, default=8, help="clients at a time; heavy operations have one")
    parser.add_argument("--seconds", type=float, help="length of a slice")
    parser.add_argument("--starts", type=int, default=2, help="starts of each server; the quickest counts")
    parser.add_argument("--only", default="", help="measure operations whose title contains this")
    arguments = parser.parse_args()
    arguments.seconds = arguments.seconds or (0.4 if arguments.quick else 1.0)
    arguments.turns = 1 if arguments.quick else 2
    return arguments


# --- Measuring --------------------------------------------------------------------------------------------------------


def _measure_all(servers: list[Server], plan: Plan, arguments: argparse.Namespace) -> None:
    bytes_to_send = payload()
    worlds = [World(server.address, plan, bytes_to_send) for server in servers]
    postgres = arguments.database == "postgres"
    print(f"\n{report.head()}", flush=True)
    for operation in operations(plan):
        if arguments.only in operation.title:
            measured = _measure(operation, servers, worlds, arguments)
            print(report.row(measured, postgres=postgres), flush=True)


def _measure(
    operation: Operation, servers: list[Server], worlds: list[World], arguments: argparse.Namespace
) -> Measured:
    """Both servers in turns. An error in any answer ends the operation with a note."""
    measured = Measured(operation)
    samples = [Sample(), Sample()]
    clients = 1 if operation.alone else arguments.clients
    try:
        makes = [_counting(operation.prepare(world)) for world in worlds]
        measured.note = _warm_up(operation, servers, makes, clients)
        for turn in range(2 * arguments.turns):
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                samples[side].add(_slice(operation, servers[side], makes[side], clients, arguments.seconds))
    except (Refused, OSError, StopIteration, RuntimeError) as problem:
        measured.note = f"{type(problem).__name__}: {problem}".replace("|", "¦").replace("\n", " ")
        return measured
    measured.theirs, measured.ours = samples
    return measured


def _counting(make: Make) -> Make:
    """Numbers go on from slice to slice, so that nothing is made twice."""
    numbers = count()
    return lambda _: make(next(numbers))


def _warm_up(operation: Operation, servers: list[Server], makes: list[Make], clients: int) -> str:
    """Ask once and compare the answers, then a little more; return what is odd."""
    if operation.gist:
        theirs, ours = (
            operation.gist(server.address.ask(make(0))) for server, make in zip(servers, makes, strict=True)
        )
        if theirs != ours:
            return f"answers differ: {theirs!s:.80} / {ours!s:.80}"
    if not operation.alone:
        for server, make in zip(servers, makes, strict=True):
            drive(server.address, make, clients=clients, seconds=0, least=4 * clients)
    return ""


def _slice(operation: Operation, server: Server, make: Make, clients: int, seconds: float) -> Sample:
    tree = server.tree
    before = 0.0
    if operation.memory:
        tree.forget_peak()
        before = tree.resident()
    server_cpu, database_cpu = tree.cpu(), server.database_cpu()
    sample = drive(server.address, make, clients=clients, seconds=seconds, most=operation.most or 10**9)
    sample.server_cpu = tree.cpu() - server_cpu
    sample.database_cpu = server.database_cpu() - database_cpu
    if operation.memory:
        sample.growth = tree.peak() - before
    return sample


if __name__ == "__main__":
    main()
