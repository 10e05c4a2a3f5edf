"""Seeds and hardware, as far as they can be seen without loading anything."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Seeds that frameworks keep in the environment.
_VARIABLES = {"PYTHONHASHSEED": "python_hash", "PL_GLOBAL_SEED": "lightning", "GLOBAL_SEED": "global"}
_SECONDS = 1.0
#: The first word of numpy's state when nobody gave it a seed, and its place in a state that was never used.
_UNSEEDED, _FRESH = 0x80000000, 624


def seed_tags() -> dict[str, str]:
    """The seeds in the environment, and those of numpy and torch if the script has loaded and seeded them."""
    found = {name: os.environ[variable][:40] for variable, name in _VARIABLES.items() if os.environ.get(variable)}
    for name, read in (("numpy", _numpy_seed), ("torch", _torch_seed)):
        module = sys.modules.get(name)
        seed = read(module) if module is not None else None
        if seed is not None:
            found[name] = str(seed)
    return {f"stagekeeper.seed.{name}": value for name, value in found.items()}


def hardware_tags() -> dict[str, str]:
    """Processor, memory and graphics cards."""
    return {"stagekeeper.hardware": _hardware()}


def _numpy_seed(numpy: Any) -> int | None:
    """The seed of the global generator, as long as nothing was drawn from it."""
    try:
        _, words, position, *_ = numpy.random.get_state()
    except (AttributeError, ValueError):
        return None
    return int(words[0]) if position == _FRESH and int(words[0]) != _UNSEEDED else None


def _torch_seed(torch: Any) -> int | None:
    return int(torch.initial_seed()) if hasattr(torch, "initial_seed") else None


@lru_cache(maxsize=1)
def _hardware() -> str:
    found: dict[str, Any] = {"cpu": _cpu(), "cpus": os.cpu_count(), "machine": platform.machine()}
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found["memory_gb"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    gpus = _gpus()
    if gpus:
        found["gpus"] = gpus
    return json.dumps(found)


def _cpu() -> str:
    file = Path("/proc/cpuinfo")
    if file.is_file():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _gpus() -> list[str]:
    """Names of Nvidia's cards: from the driver's files, which cost nothing to read, else from its tool."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = [line for card in cards for line in card.read_text(encoding="utf-8", errors="replace").splitlines()]
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    tool = shutil.which("nvidia-smi")
    if names or not tool:
        return names
    try:
        done = subprocess.run(  # noqa: S603
            [tool, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()][:16] if done.returncode == 0 else []
