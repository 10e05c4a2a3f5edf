"""What the log needs to know about whoever acts."""

from typing import Protocol


class Actor(Protocol):
    """Someone who acts: a person, a service account, or the system itself."""

    @property
    def uid(self) -> str:
        """A pseudonym that never changes, such as ``usr_…``."""

    @property
    def kind(self) -> str:
        """``human``, ``service`` or ``system``."""

    @property
    def auth(self) -> str:
        """How they showed who they are: ``session``, ``token``, ``basic``, ``command`` or ``task``."""

    @property
    def token_uid(self) -> str:
        """The token they used; empty when none."""
