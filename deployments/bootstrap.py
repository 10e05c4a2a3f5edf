"""The first start: the key by which permits are signed."""

from deployments.actors import LOCKSMITH
from deployments.operations import make_first_key


def make_key_after_migrate(**_: object) -> None:
    """Make the first key (a receiver of ``post_migrate``)."""
    make_first_key(LOCKSMITH)
