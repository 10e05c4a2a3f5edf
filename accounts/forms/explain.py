"""The form that asks who may what."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.forms.base import DateInput, PageForm, end_of
from accounts.labels import ACTION_LABELS
from accounts.roles import Action

_ACTIONS = [(str(action), label) for action, label in ACTION_LABELS.items() if action is not Action.ACCOUNT]


class ExplainForm(PageForm):
    """Who may what here, or could on some day?"""

    object = forms.ChoiceField(label="Where")
    at = forms.DateField(label="On the day", required=False, widget=DateInput)
    principal = forms.CharField(
        label="Person",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off", "placeholder": "everybody"}),
    )
    action = forms.ChoiceField(label="May", choices=[("", "everything they may"), *_ACTIONS], required=False)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.places = places
        field: Any = self.fields["object"]
        field.choices = places

    def clean_at(self) -> datetime | None:
        """The end of that day; None for today."""
        day: date | None = self.cleaned_data["at"]
        if day is None or day == timezone.now().astimezone(UTC).date():
            return None
        if day > timezone.now().astimezone(UTC).date():
            raise ValidationError("This day is still to come.")
        return end_of(day)

    def clean_action(self) -> Action | None:
        """The action itself."""
        return Action(self.cleaned_data["action"]) if self.cleaned_data["action"] else None
