"""Counts what processes cost, from /proc: processor time with that of children that have ended, and memory."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Megabytes of a tree of processes, and how many they are."""

    pss: float
    processes: int


class Tree:
    """A process and everything below it."""

    def __init__(self, root: int) -> None:
        self.root = root

    def pids(self) -> list[int]:
        """All processes that live now."""
        found, waiting = [], [self.root]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    with suppress(OSError):
                        waiting += map(int, (task / "children").read_text().split())
        return found

    def cpu(self) -> float:
        """Seconds of processor time so far, of the living and of the children they have outlived."""
        return sum(map(_cpu, self.pids()))

    def memory(self) -> Memory:
        """The proportional share of memory: what several processes share counts once."""
        pids = self.pids()
        return Memory(pss=sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024, processes=len(pids))

    def resident(self) -> float:
        """Megabytes in memory now; what is shared counts in each process."""
        return sum(_kilobytes(pid, "status", "VmRSS:") for pid in self.pids()) / 1024

    def peak(self) -> float:
        """The most megabytes that have been in memory since `forget_peak`."""
        return sum(_kilobytes(pid, "status", "VmHWM:") for pid in self.pids()) / 1024

    def forget_peak(self) -> None:
        """Begin the measurement of the peak anew."""
        for pid in self.pids():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")


def _cpu(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # After the name, which may hold anything, utime, stime, cutime and cstime are the fields 12 to 15.
    return sum(map(int, stat[stat.rindex(")") + 2 :].split()[11:15])) / _TICKS


def _kilobytes(pid: int, file: str, field: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    return 0
