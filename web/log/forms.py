"""The filter bar of the audit page; it stands in the address of the page."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format

from accounts.forms import PageForm
from accounts.forms.base import DateInput
from accounts.models import Project
from audit.event_types import EventType
from audit.models import Outcome


def _type_choices() -> list[tuple[str, Any]]:
    """Every type of event below its noun, which can be chosen as a whole."""
    nouns: dict[str, list[tuple[str, str]]] = {}
    for event_type in EventType:
        noun, _, verbed = event_type.partition(".")
        nouns.setdefault(noun, [(noun, f"{noun.replace('_', ' ')}: all")]).append(
            (str(event_type), f"{noun.replace('_', ' ')} {verbed.replace('_', ' ')}")
        )
    return [("", "all"), *((noun.replace("_", " "), types) for noun, types in sorted(nouns.items()))]


_TYPED = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class TimelineForm(PageForm):
    """Which events to show."""

    actor = forms.CharField(
        label="Who",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={**_TYPED, "placeholder": "user name"}),
    )
    type = forms.ChoiceField(label="What", choices=_type_choices, required=False)
    object = forms.CharField(
        label="On",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={**_TYPED, "placeholder": "fraud, fraud/7, a run id"}),
    )
    project = forms.ChoiceField(label="Project", required=False)
    outcome = forms.ChoiceField(label="Outcome", choices=[("", "all"), *Outcome.choices], required=False)
    since = forms.DateField(label="From", required=False, widget=DateInput)
    until = forms.DateField(label="To", required=False, widget=DateInput)
    request_id = forms.CharField(label="Request", required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, projects: Iterable[Project], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["project"]
        field.choices = [("", "all"), *((project.slug, project.slug) for project in projects)]

    def wanted(self) -> dict[str, Any]:
        """The values as the API would take them; days become moments (UTC), the last day counts."""
        wanted = {key: value for key, value in self.cleaned_data.items() if value}
        if since := wanted.get("since"):
            wanted["since"] = _midnight(since)
        if until := wanted.get("until"):
            wanted["until"] = _midnight(until) + timedelta(days=1)
        return wanted

    def active(self) -> list[tuple[str, str, str]]:
        """What is filtered by, as (name of the field, its label, the value in words)."""
        return [
            (name, str(self.fields[name].label), self._in_words(name, value))
            for name, value in self.cleaned_data.items()
            if value
        ]

    def _in_words(self, name: str, value: Any) -> str:
        if name == "type":
            return str(value).replace(".", ": ").replace("_", " ")
        return date_format(value, "j F Y") if isinstance(value, date) else str(value)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
