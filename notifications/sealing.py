"""Keeps webhook secrets unreadable in the database and its backups."""

from functools import partial
from typing import Final

from audit import sealing
from audit.sealing import Unreadable

_PURPOSE: Final = "webhook secrets"

seal = partial(sealing.seal, purpose=_PURPOSE)
unseal = partial(sealing.unseal, purpose=_PURPOSE)

__all__ = ["Unreadable", "seal", "unseal"]
