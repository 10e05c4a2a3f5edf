"""What the bulk writers need to know of a run."""

from typing import Protocol


class Target(Protocol):
    """A run to log to."""

    @property
    def pk(self) -> int:
        """Its primary key."""

    @property
    def experiment_id(self) -> int:
        """Its experiment's primary key, which every row repeats."""
