"""Everything that changes artifacts: uploads, deletions, freezing, and the keeping of the store in order."""

from artifacts.operations.bans import set_bans
from artifacts.operations.deletion import delete_artifacts
from artifacts.operations.freezing import freeze
from artifacts.operations.keeper import KEEPER
from artifacts.operations.multipart import abort_multipart, complete_multipart, start_multipart
from artifacts.operations.spaces import SpaceOwner, space_of
from artifacts.operations.upkeep import check_store, clear_overdue_uploads, erase_deleted, hash_waiting
from artifacts.operations.uploads import store_file

__all__ = [
    "KEEPER",
    "SpaceOwner",
    "abort_multipart",
    "check_store",
    "clear_overdue_uploads",
    "complete_multipart",
    "delete_artifacts",
    "erase_deleted",
    "freeze",
    "hash_waiting",
    "set_bans",
    "space_of",
    "start_multipart",
    "store_file",
]
