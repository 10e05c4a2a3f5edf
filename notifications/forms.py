"""The form of a person's mail."""

from django import forms

from accounts.forms.base import OperationForm
from notifications.preferences import KINDS


class MailForm(OperationForm):
    """Which kinds of mail to be sent."""

    kinds = forms.MultipleChoiceField(
        label="Tell me by e-mail when",
        choices=list(KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
