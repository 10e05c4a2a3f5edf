"""Forms about people and service accounts."""

from typing import Any

from django import forms

from accounts.forms.base import OperationForm
from accounts.forms.signing_in import NewPasswordMixin, UsernameMixin
from accounts.models import User


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
