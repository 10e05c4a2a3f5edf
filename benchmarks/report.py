"""Writes what was measured as Markdown."""

from dataclasses import dataclass, field

from benchmarks.load import Sample
from benchmarks.operations import Operation


@dataclass
class Start:
    """Starts of one server, and what it takes at rest."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    idle_pss: float = 0.0
    idle_cpu: float = 0.0
    processes: int = 0


@dataclass
class Measured:
    """One operation on both servers; a ``note`` instead of samples when it failed."""

    operation: Operation
    theirs: Sample | None = None
    ours: Sample | None = None
    note: str = ""


_HEAD = (
    "| operation | MLflow: CPU ms | ops/s | p50 ms | p99 ms | Stagekeeper: CPU ms | ops/s | p50 ms | p99 ms "
    "| CPU ratio | p50 ratio | target | |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


def head() -> str:
    """The first lines of the table."""
    return _HEAD


def row(measured: Measured, *, postgres: bool) -> str:
    """One line of the table."""
    theirs, ours, operation = measured.theirs, measured.ours, measured.operation
    if theirs is None or ours is None:
        return f"| {operation.title} | {' |' * 10} not measured: {measured.note} |"
    ratio = theirs.cpu_ms / ours.cpu_ms if ours.cpu_ms else float("inf")
    wanted = operation.target(postgres=postgres)
    verdict = "" if wanted is None else ("met" if ratio >= wanted else "**missed**")
    if operation.memory:
        verdict += f"; peak memory +{theirs.growth:.0f} MB / +{ours.growth:.0f} MB"
    cells = [
        operation.title,
        *_cells(theirs, postgres=postgres),
        *_cells(ours, postgres=postgres),
        f"**{short(ratio)}**",
        short(theirs.percentile_ms(50) / ours.percentile_ms(50)),
        f"≥ {wanted:g}" if wanted else "",
        f"{verdict} {measured.note}".strip(),
    ]
    return f"| {' | '.join(cells)} |"


def starts(theirs: Start, ours: Start) -> str:
    """The table of starting and resting."""
    target = "≤ 350 MB: " + ("met" if ours.idle_pss <= 350 else "**missed**")
    lines = [
        "| | MLflow | Stagekeeper | ratio | target |",
        "|---|--:|--:|--:|---|",
        _line("cold start to the first answer, s", min(theirs.seconds), min(ours.seconds)),
        _line("… processor time, s", min(theirs.cpu), min(ours.cpu)),
        _line("memory at rest, all processes (PSS), MB", theirs.idle_pss, ours.idle_pss, target),
        _line("processor time at rest, ms per s", theirs.idle_cpu * 1000, ours.idle_cpu * 1000),
        f"| processes | {theirs.processes} | {ours.processes} | | |",
    ]
    return "\n".join(lines)


def short(number: float) -> str:
    """Three digits that count."""
    if number >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f}"


def _line(title: str, theirs: float, ours: float, target: str = "") -> str:
    ratio = short(theirs / ours) if ours else "∞"
    return f"| {title} | {short(theirs)} | {short(ours)} | {ratio} | {target} |"


def _cells(sample: Sample, *, postgres: bool) -> list[str]:
    cpu = short(sample.cpu_ms)
    if postgres:
        each = 1000 / len(sample.seconds)
        cpu += f" ({short(sample.server_cpu * each)} + {short(sample.database_cpu * each)})"
    return [cpu, short(sample.per_second), short(sample.percentile_ms(50)), short(sample.percentile_ms(99))]
