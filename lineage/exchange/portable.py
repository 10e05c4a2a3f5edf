"""Names that mean the same on every server: what is kept here is known elsewhere as a thing of this server."""

import re
from functools import cache
from typing import Final

from django.utils.crypto import salted_hmac

_LOCAL: Final = re.compile(r"^(run:|m:|mv:|art:logged-model:|ev:run:)local/")
_DEPLOYMENT: Final = re.compile(r"^dep:(?=\d+/)")


@cache
def server_id() -> str:
    """A name of this server that others can tell from theirs; it says nothing else."""
    return "sk-" + salted_hmac("lineage.server", "id", algorithm="sha256").hexdigest()[:16]


def portable(key: str) -> str:
    """A key as other servers may know it."""
    if key.startswith("dep:"):
        return _DEPLOYMENT.sub(f"dep:{server_id()}:", key)
    return _LOCAL.sub(rf"\g<1>{server_id()}/", key)


def local(key: str) -> str:
    """A key from elsewhere as it is known here: the inverse of `portable` for what is kept here."""
    if key.startswith(f"dep:{server_id()}:"):
        return f"dep:{key.removeprefix(f'dep:{server_id()}:')}"
    return re.sub(rf"^(run:|m:|mv:|art:logged-model:|ev:run:){server_id()}/", r"\g<1>local/", key)
