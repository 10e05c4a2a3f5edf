"""What `manage.py check --deploy` says about settings that a deployment needs."""

from typing import Any

from django.conf import settings
from django.core.checks import WARNING, CheckMessage, Error

from config.env import SETTINGS


def every_setting_is_given(**_: Any) -> list[CheckMessage]:
    """An error for each setting without which `serve`, `worker` and `beat` do not start."""
    return [
        Error(f"{name} is missing.", hint=SETTINGS[name], id="stagekeeper.E001")
        for name in settings.ENV.missing_for_production
    ]


def people_come_by_https(**_: Any) -> list[CheckMessage]:
    """A warning when passwords and tokens would travel in the clear."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    sentence = "PUBLIC_URL does not begin with https://."
    return [CheckMessage(WARNING, sentence, hint=SETTINGS["PUBLIC_URL"], id="stagekeeper.W001")]
