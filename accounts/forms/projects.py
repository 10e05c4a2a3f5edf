"""Forms about projects and teams."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.base import OperationForm, checked
from accounts.models import User
from accounts.principals import Principal
from accounts.queries import find_user
from accounts.rules import check_slug


class ProjectForm(OperationForm):
    """A new project."""

    slug = forms.CharField(
        label="Short name",
        help_text="What MLflow clients call the workspace: lower-case letters, digits and hyphens. It stays.",
        max_length=63,
    )
    name = forms.CharField(label="Name", max_length=120, required=False)
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_slug(self) -> str:
        """Keep the rules for short names."""
        return str(checked(check_slug, self.cleaned_data["slug"], "project"))


class ProjectSettingsForm(OperationForm):
    """What may be changed about a project."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    viewers_may_download = forms.BooleanField(
        label="Viewers may download artifacts",
        help_text="Without this they see models, runs and metrics, but cannot fetch files.",
        required=False,
    )
    lineage_passes = forms.BooleanField(
        label="Lineage passes through",
        help_text="Others learn that what they see came from, or went into, something hidden; never what, or how much. "
        "Without this their lineage ends here.",
        required=False,
    )


class TeamForm(OperationForm):
    """A team, new or renamed."""

    slug = forms.CharField(label="Name", max_length=100)
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class MemberForm(OperationForm):
    """Whom to put into a team."""

    user = forms.CharField(label="User name", max_length=150, widget=forms.TextInput(attrs={"list": "people"}))

    def __init__(self, *args: Any, principal: Principal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.principal = principal

    def clean_user(self) -> User:
        """Find them, and not oneself."""
        user: User = checked(find_user, self.principal, self.cleaned_data["user"])
        if user.pk == self.principal.user.pk:
            raise ValidationError("Nobody puts themself into a team. Ask another admin.")
        return user
