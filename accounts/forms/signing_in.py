"""Forms with which people come in: a name, a password, a new password."""

from typing import Any

from django import forms

from accounts.forms.base import OperationForm, PageForm, checked
from accounts.models import User
from accounts.rules import check_password, check_username

_NEW_PASSWORD = {"autocomplete": "new-password"}


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
        return str(checked(check_password, self.cleaned_data["password"], owner))

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
        return str(checked(check_username, self.cleaned_data["username"]))


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
        return str(checked(check_password, self.cleaned_data["new"], self.owner))

    def clean(self) -> dict[str, Any]:
        """Compare both, and forget the second."""
        again = self.cleaned_data.pop("again", None)
        if "new" in self.cleaned_data and again is not None and again != self.cleaned_data["new"]:
            self.add_error("again", "This is not the same password.")
        return self.cleaned_data


class PasswordAgainForm(PageForm):
    """The password of whoever is signed in."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
