"""The part of the server that keeps the artifact store in order."""

from accounts.principals import System
from accounts.roles import Action

Keeper = System

#: Clears what uploads leave behind, erases bytes of deleted files, and compares rows with what is stored.
KEEPER = System("artifacts", "task", frozenset({Action.WRITE, Action.TRASH}))
