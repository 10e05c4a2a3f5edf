"""The forms of the pages of accounts: they check each field, then let an operation do it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from accounts.labels import ACTION_LABELS, SCOPE_CHOICES, role_choices
from accounts.models import Project, Team, User
from accounts.principals import Principal
from accounts.queries import find_user
from accounts.roles import GLOBAL_ROLES, Action, Role
from accounts.rules import check_password, check_slug, check_username
from audit.exceptions import NotFound, PermissionDenied, Refusal, Throttled

_PROJECT_ROLES = frozenset(Role) - {Role.PLATFORM_ADMIN}
_NEW_PASSWORD = {"autocomplete": "new-password"}
_LIFETIMES = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year")]


class PageForm(forms.Form):
    """A form whose labels stand above their fields."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})


class OperationForm(PageForm):
    """A form that ends in one operation; ``result`` is what that returned."""

    result: Any = None

    @classmethod
    def of(cls, request: HttpRequest, **options: Any) -> Any:
        """The form of this request: bound to what was posted, or fresh."""
        return cls(request.POST if request.method == "POST" else None, **options)

    def done(self, operation: Callable[..., Any], *args: Any, **more: Any) -> bool:
        """Whether the form was sent, is right, and the operation took it.

        The operation is called with ``args``, the cleaned fields and ``more``. Its refusal becomes an error of the
        form, except that the actor may not do this at all.
        """
        if not self.is_valid():
            return False
        try:
            self.result = operation(*args, **self.cleaned_data, **more)
        except (PermissionDenied, NotFound, Throttled):
            raise
        except Refusal as refusal:
            self.add_error(None, str(refusal))
            return False
        return True


def _checked(rule: Callable[..., Any], *values: Any) -> Any:
    try:
        return rule(*values)
    except Refusal as refusal:
        raise ValidationError(str(refusal)) from refusal


def _end_of(day: Any) -> datetime | None:
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC) if day else None


class _DateInput(forms.DateInput):
    input_type = "date"


# --- Signing in -------------------------------------------------------------------------------------------------------


class NewPasswordMixin(forms.Form):
    """A password, typed twice."""

    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters. A sentence is easy to keep in mind and hard to guess.",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs=_NEW_PASSWORD),
    )
    again = forms.CharField(
        label="Password again",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs=_NEW_PASSWORD),
    )

    #: Whose password it is to be, as far as known; it must not look like their name.
    owner: User | None = None

    def clean_password(self) -> str:
        """Keep the rules for passwords."""
        owner = self.owner or User(username=self.cleaned_data.get("username", ""))
        return str(_checked(check_password, self.cleaned_data["password"], owner))

    def clean(self) -> dict[str, Any]:
        """Compare both, and forget the second."""
        again = self.cleaned_data.pop("again", None)
        if "password" in self.cleaned_data and again is not None and again != self.cleaned_data["password"]:
            self.add_error("again", "This is not the same password.")
        return self.cleaned_data


class UsernameMixin(forms.Form):
    """A user name that keeps the rules."""

    username = forms.CharField(
        label="User name",
        help_text="Letters, digits and . @ + - _",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_username(self) -> str:
        """Keep the rules for names."""
        return str(_checked(check_username, self.cleaned_data["username"]))


class SetUpForm(NewPasswordMixin, UsernameMixin, OperationForm):
    """Makes the first administrator."""

    field_order = ["username", "password", "again"]


class SignInForm(OperationForm):
    """Name and password."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ChangePasswordForm(OperationForm):
    """One's own password."""

    old = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        help_text="At least 12 characters.",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs=_NEW_PASSWORD),
    )
    again = forms.CharField(
        label="New password again",
        strip=False,
        widget=forms.PasswordInput(attrs=_NEW_PASSWORD),
    )

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner

    def clean_new(self) -> str:
        """Keep the rules for passwords."""
        return str(_checked(check_password, self.cleaned_data["new"], self.owner))

    def clean(self) -> dict[str, Any]:
        """Compare both, and forget the second."""
        again = self.cleaned_data.pop("again", None)
        if "new" in self.cleaned_data and again is not None and again != self.cleaned_data["new"]:
            self.add_error("again", "This is not the same password.")
        return self.cleaned_data


# --- People and service accounts --------------------------------------------------------------------------------------


class PersonForm(NewPasswordMixin, UsernameMixin, OperationForm):
    """A new account for a person."""

    display_name = forms.CharField(label="Name", help_text="As shown to others.", max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)

    field_order = ["username", "display_name", "email", "password", "again"]


class DetailsForm(OperationForm):
    """How somebody is called and reached."""

    display_name = forms.CharField(label="Name", help_text="As shown to others.", max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)


class ResetPasswordForm(NewPasswordMixin, OperationForm):
    """A new password for somebody else."""

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner


class ServiceAccountForm(UsernameMixin, OperationForm):
    """A new account for a machine."""

    display_name = forms.CharField(label="What it is for", max_length=150, required=False)


class ReasonForm(OperationForm):
    """Confirms a step; the reason is kept in the audit log."""

    reason = forms.CharField(
        label="Reason",
        help_text="Kept in the audit log.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


# --- Tokens -----------------------------------------------------------------------------------------------------------


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


# --- Projects, teams and roles ----------------------------------------------------------------------------------------


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
        return str(_checked(check_slug, self.cleaned_data["slug"], "project"))


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
        user: User = _checked(find_user, self.principal, self.cleaned_data["user"])
        if user.pk == self.principal.user.pk:
            raise ValidationError("Nobody puts themself into a team. Ask another admin.")
        return user


class _GrantForm(OperationForm):
    expires_at = forms.DateField(
        label="Until", help_text="The last day; empty: until revoked.", required=False, widget=_DateInput
    )
    reason = forms.CharField(
        label="Reason", help_text="Shown beside the role, kept in the log.", max_length=500, required=False
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def clean_expires_at(self) -> datetime | None:
        end = _end_of(self.cleaned_data["expires_at"])
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
        user: User = _checked(find_user, self.principal, name)
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


class GlobalGrantForm(_GrantForm):
    """A role on the whole server."""

    role = forms.ChoiceField(label="Role", choices=role_choices(GLOBAL_ROLES))

    field_order = ["role", "expires_at", "reason"]


class ExplainForm(PageForm):
    """Who may what here?"""

    project = forms.ChoiceField(label="In project")
    action = forms.ChoiceField(label="May", choices=[(str(action), label) for action, label in ACTION_LABELS.items()])
    principal = forms.CharField(
        label="Person",
        help_text="A user name; empty: everybody who may.",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **options: Any) -> None:
        super().__init__(*args, **options)
        self.projects = {project.slug: project for project in projects}
        field: Any = self.fields["project"]
        field.choices = [(slug, slug) for slug in self.projects]

    def clean_project(self) -> Project:
        """The project itself."""
        return self.projects[self.cleaned_data["project"]]

    def clean_action(self) -> Action:
        """The action itself."""
        return Action(self.cleaned_data["action"])
