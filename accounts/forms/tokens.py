"""The form that issues a token."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.forms.base import OperationForm
from accounts.labels import SCOPE_CHOICES
from accounts.models import Project

_LIFETIMES = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year")]


class TokenForm(OperationForm):
    """A new token."""

    name = forms.CharField(
        label="Name", help_text="What it is for, such as “laptop” or “nightly training”.", max_length=120
    )
    lifetime = forms.TypedChoiceField(label="Works for", choices=_LIFETIMES, coerce=int, initial=90)
    project = forms.ModelChoiceField(
        label="Only in project", queryset=Project.objects.none(), required=False, empty_label="all of mine"
    )
    scopes = forms.MultipleChoiceField(
        label="Only for",
        help_text="Choose nothing for everything that its owner may do.",
        choices=SCOPE_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["project"]
        field.queryset = projects

    def clean(self) -> dict[str, Any]:
        """Say when it ends instead of how long it lasts."""
        days = self.cleaned_data.pop("lifetime", 90)
        self.cleaned_data["expires_at"] = timezone.now() + timedelta(days=days)
        return self.cleaned_data
