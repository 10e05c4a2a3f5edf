"""The forms of the pages of lineage."""

from django import forms

from accounts.forms.base import OperationForm
from lineage.models import KEY_LENGTH
from lineage.operations.access import LONGEST_ANSWER
from lineage.operations.recalls import LONGEST_REASON, SHORTEST_REASON


class RecallForm(OperationForm):
    """Say that something is bad."""

    key = forms.CharField(
        label="What is bad",
        help_text="Its key in the lineage graph, or a name such as version=default/fraud/7 or run=ID.",
        max_length=KEY_LENGTH,
    )
    reason = forms.CharField(
        label="What is wrong with it",
        help_text=f"At least {SHORTEST_REASON} characters. Everybody who sees it, and the audit log, keeps this.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FindingForm(OperationForm):
    """Say that something recalled is not bad."""

    finding = forms.CharField(
        label="What did you find?",
        help_text=f"At least {SHORTEST_REASON} characters.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class StayForm(OperationForm):
    """Let something stay in use."""

    reason = forms.CharField(
        label="Why may it stay in use?",
        help_text=f"At least {SHORTEST_REASON} characters.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(OperationForm):
    """Let somebody see, or decline."""

    grant = forms.TypedChoiceField(
        label="Your answer",
        choices=[("yes", "Let them look, as viewer"), ("no", "Decline")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="Why", required=False, max_length=LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 2})
    )
