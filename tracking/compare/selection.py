"""Which runs are compared: those of the address that may be seen, in its order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from accounts.models import Project
from accounts.principals import Principal
from tracking.models import Run
from tracking.queries import children
from tracking.rows import RunRow, head_of

#: Runs in tables and curves, and in pictures in which a run is a line or a point.
MOST_SIDE_BY_SIDE: Final = 50
MOST_RUNS: Final = 500

_UID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Selection:
    """The runs of a comparison, with what was logged to them."""

    rows: list[RunRow] = field(default_factory=list)
    experiments: dict[int, str] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    #: Ids that lead to no run, or to none that may be seen.
    not_found: list[str] = field(default_factory=list)
    #: How many runs were asked for beyond what is read at once.
    left_out: int = 0

    @property
    def uids(self) -> list[str]:
        """The ids of the runs that were found."""
        return [row.head.uid for row in self.rows]

    def first(self, most: int) -> "Selection":
        """The same with the first runs only."""
        left_out = self.left_out + max(0, len(self.rows) - most)
        return Selection(self.rows[:most], self.experiments, self.projects, self.not_found, left_out)


def select_runs(principal: Principal, uids: Sequence[str], *, most: int = MOST_RUNS) -> Selection:
    """The runs of these ids as far as the principal may see them; at most four queries, however many there are."""
    wanted = list(dict.fromkeys(uid.strip() for uid in uids if uid.strip()))
    asked = wanted[:most]
    visible = Run.objects.visible_to(principal).filter(uid__in=[uid for uid in asked if _UID.fullmatch(uid)])
    found = {run.uid: run for run in visible.select_related("experiment__project", "owner")}
    rows = {run.pk: RunRow(head_of(run)) for run in (found[uid] for uid in asked if uid in found)}
    children.fill(rows)
    return Selection(
        list(rows.values()),
        {run.experiment_id: run.experiment.name for run in found.values()},
        {run.experiment.project_id: run.experiment.project for run in found.values()},
        [uid for uid in asked if uid not in found],
        len(wanted) - len(asked),
    )
