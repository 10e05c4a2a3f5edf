"""Forms that give roles."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.forms.base import DateInput, OperationForm, checked, end_of
from accounts.labels import role_choices
from accounts.models import Team, User
from accounts.principals import Principal
from accounts.queries import find_user
from accounts.roles import GLOBAL_ROLES, OBJECT_ROLES, Role

_PROJECT_ROLES = frozenset(Role) - {Role.PLATFORM_ADMIN}


class _GrantForm(OperationForm):
    expires_at = forms.DateField(
        label="Until", help_text="The last day; empty: until revoked.", required=False, widget=DateInput
    )
    reason = forms.CharField(
        label="Reason", help_text="Shown beside the role, kept in the log.", max_length=500, required=False
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def clean_expires_at(self) -> datetime | None:
        end = end_of(self.cleaned_data["expires_at"])
        if end is not None and end <= timezone.now():
            raise ValidationError("This day is over.")
        return end


class ProjectGrantForm(_GrantForm):
    """A role on a project for a person or a team."""

    user = forms.CharField(
        label="Person",
        help_text="A user name or service account.",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    team = forms.ModelChoiceField(label="or team", queryset=Team.objects.none(), required=False, empty_label="—")
    role = forms.ChoiceField(label="Role", choices=role_choices(_PROJECT_ROLES))

    field_order = ["user", "team", "role", "expires_at", "reason"]

    def __init__(self, *args: Any, principal: Principal, teams: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.principal = principal
        field: Any = self.fields["team"]
        field.queryset = teams

    def clean_user(self) -> User | None:
        """Find them, and not oneself."""
        name = self.cleaned_data["user"]
        if not name:
            return None
        user: User = checked(find_user, self.principal, name)
        if user.pk == self.principal.user.pk:
            raise ValidationError("Nobody gives a role to themself. Ask another project admin.")
        return user

    def clean(self) -> dict[str, Any]:
        """Take exactly one holder."""
        user, team = self.cleaned_data.pop("user", None), self.cleaned_data.pop("team", None)
        if not self.errors and (user is None) == (team is None):
            self.add_error("user", "Name either a person or a team.")
        if team is not None and team.memberships.filter(user=self.principal.user).exists():
            self.add_error("team", "Nobody gives a role to their own team. Ask another project admin.")
        self.cleaned_data["holder"] = user or team
        return self.cleaned_data


class ObjectGrantForm(ProjectGrantForm):
    """A role on a single model or experiment for a person or a team."""

    role = forms.ChoiceField(label="Role", choices=role_choices(OBJECT_ROLES))

    field_order = ProjectGrantForm.field_order


class GlobalGrantForm(_GrantForm):
    """A role on the whole server."""

    role = forms.ChoiceField(label="Role", choices=role_choices(GLOBAL_ROLES))

    field_order = ["role", "expires_at", "reason"]
