"""The first start: the default project, and a one-time link for making the first administrator."""

from accounts.models import User
from accounts.operations import create_default_project, issue_set_up_code
from accounts.principals import CONSOLE
from audit.exceptions import InvalidState


def prepare_after_migrate(**_: object) -> None:
    """Make what every server has (a receiver of ``post_migrate``)."""
    create_default_project()


def first_admin_link(base_url: str) -> str | None:
    """The one-time link to the page that makes the first administrator; None when there is one already.

    Every call voids the links given out before.
    """
    if User.objects.platform_admins().exists():
        return None
    try:
        code = issue_set_up_code(CONSOLE)
    except InvalidState:
        return None  # made on the console this very moment
    return f"{base_url.rstrip('/')}/set-up/{code}"
