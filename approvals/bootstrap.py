"""The first start: the policies that come with the server."""

from approvals.actors import PUBLISHER
from approvals.operations import publish_shipped


def publish_after_migrate(**_: object) -> None:
    """Publish the shipped policies whose text is new (a receiver of ``post_migrate``)."""
    publish_shipped(PUBLISHER)
