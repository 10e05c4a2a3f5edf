"""`manage.py settings_table`: prints docs/settings.md as the code has it."""

from typing import Any

from django.core.management.base import BaseCommand

from config.env import PRODUCTION_NEEDS, SETTINGS

_PAGE = """\
# Settings

Stagekeeper reads its settings from the environment. Each `NAME` may also be given as `NAME_FILE`, the path of a file
that holds the value. A missing or wrong one stops the start with a sentence. `make up` needs none of them;
`manage.py serve`, `worker` and `beat` (in containers) need those marked in the last column.
`manage.py settings_table > docs/settings.md` writes this page.

| setting | what it is | needed in a deployment |
| --- | --- | --- |
"""


class Command(BaseCommand):
    help = "Print the table of settings; redirect it to docs/settings.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(settings_markdown(), ending="")


def settings_markdown() -> str:
    """Return the page: every setting, what it is for, and whether a deployment must give it."""
    needed = {name: " yes" if name in PRODUCTION_NEEDS else "" for name in SETTINGS}
    return _PAGE + "".join(f"| `{name}` | {meaning} |{needed[name]} |\n" for name, meaning in SETTINGS.items())
