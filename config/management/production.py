"""A command that runs one process of a deployment whose settings must all be given."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from config.env import SETTINGS, Environment


class ProductionCommand(BaseCommand):
    """Refuses to start with embedded defaults, which one process alone cannot provide."""

    run: ClassVar[Callable[[Environment], None]]

    def handle(self, *args: Any, **options: Any) -> None:
        missing = settings.ENV.missing_for_production
        if missing:
            name = type(self).__module__.rpartition(".")[2]
            raise CommandError(
                f"{missing[0]} is missing ({SETTINGS[missing[0]]}). "
                f"`manage.py {name}` needs {', '.join(missing)}; `manage.py up` runs without."
            )
        type(self).run(settings.ENV)
