"""Registers web with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """What all pages share."""

    name = "web"

    def ready(self) -> None:
        """Let the start page say what waits for somebody."""
        from web.home import waiting

        sources = (
            waiting.requests_to_decide,
            waiting.questions_to_answer,
            waiting.alerts_to_look_into,
            waiting.versions_in_staging,
            waiting.tokens_ending,
            waiting.roles_ending,
        )
        for source in sources:
            waiting.register_source(source)
