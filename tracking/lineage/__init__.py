"""What tracking tells the graph: which run read and made what, with which code and where.

`says` reads what clients send; `capture` records it within the operation that stores it; `backfill` does the same for
what was stored before the graph was there.
"""

from tracking.lineage.capture import (
    capture_evaluations,
    capture_inputs,
    capture_logged_model,
    capture_model_files,
    capture_model_history,
    capture_model_tags,
    capture_outputs,
    capture_run,
    capture_tags,
)

__all__ = [
    "capture_evaluations",
    "capture_inputs",
    "capture_logged_model",
    "capture_model_files",
    "capture_model_history",
    "capture_model_tags",
    "capture_outputs",
    "capture_run",
    "capture_tags",
]
