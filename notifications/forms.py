"""The forms of mail and of webhooks."""

from django import forms

from accounts.forms.base import OperationForm, checked
from notifications.preferences import KINDS
from notifications.rules import DESCRIPTION_LENGTH, NAME_LENGTH, SECRET_LENGTH, check_name
from notifications.vocabulary import EVENTS


class MailForm(OperationForm):
    """Which kinds of mail to be sent."""

    kinds = forms.MultipleChoiceField(
        label="Tell me by e-mail when",
        choices=list(KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class WebhookForm(OperationForm):
    """A webhook: where it leads, and what it is told."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH)
    url = forms.CharField(
        label="Address", help_text="https:// and a public host. It may be a secret: only those who manage see it."
    )
    events = forms.MultipleChoiceField(
        label="It is told of",
        choices=[(event, event) for event in sorted(EVENTS)],
        widget=forms.CheckboxSelectMultiple,
    )
    description = forms.CharField(label="Description", required=False, max_length=DESCRIPTION_LENGTH)
    secret = forms.CharField(
        label="Secret",
        help_text="Messages are signed with it. It is never shown again.",
        required=False,
        max_length=SECRET_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_name(self) -> str:
        """Keep the rules for names."""
        checked(check_name, self.cleaned_data["name"])
        return str(self.cleaned_data["name"])


class WebhookChangeForm(WebhookForm):
    """The same; an empty secret leaves the one there is."""

    secret = forms.CharField(
        label="New secret",
        help_text="Left empty, the one there is stays.",
        required=False,
        max_length=SECRET_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_secret(self) -> str | None:
        """None when nothing was typed."""
        return self.cleaned_data["secret"] or None


class NothingForm(OperationForm):
    """A button."""
