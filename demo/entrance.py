"""How the demo gets in: with the administrator's token that it is given, or one issued on the same data folder."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from demo.server import Server, Stop

ROOT = Path(__file__).parent.parent
#: The administrator that is made when the server has none yet.
FIRST_ADMIN = "ada"
_LABEL = "make demo"


class Entrance:
    """The administrator behind the demo."""

    def __init__(self, url: str) -> None:
        Server(url).check_that_it_runs()
        self.server = Server(url, os.environ.get("STAGEKEEPER_TOKEN") or self._issue())
        self.name = self._whoami()

    def _issue(self) -> str:
        name = os.environ.get("STAGEKEEPER_ADMIN") or self._first_admin()
        return _manage("issue_token", name, "--label", _LABEL, "--expires", "1")

    def _first_admin(self) -> str:
        """Whoever administers the data folder; a new one when nobody does."""
        found = _manage("shell", "--no-imports", "-c", _WHO)
        if found:
            return found
        password = secrets.token_urlsafe(12)
        _manage("create_admin", FIRST_ADMIN, "--password-file", "-", stdin=password)
        print(f"This server had no administrator. Now it has one: {FIRST_ADMIN}, password {password}")
        return FIRST_ADMIN

    def _whoami(self) -> str:
        me = self.server.get("whoami")
        if "platform_admin" not in me["roles_everywhere"]:
            raise Stop(f"{me['user']['username']} is no platform admin; the demo needs the token of one.")
        return str(me["user"]["username"])


_WHO = (
    "from accounts.models import User; "
    "print(User.objects.platform_admins().order_by('pk').values_list('username', flat=True).first() or '')"
)


def _manage(*arguments: str, stdin: str = "") -> str:
    """Run a command of the server on its data folder, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Stop(f"`manage.py {arguments[0]}` failed: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()
