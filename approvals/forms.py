"""The forms on the page of a request."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.forms.base import OperationForm
from approvals.models import PolicyVersion, Tier, Verdict
from approvals.rules import BREAK_GLASS_REASON, WAIVER_REASON
from registry.forms import ReasonField, TransitionForm

_LONG = 5000


class DecisionForm(OperationForm):
    """Approve, reject or ask for changes, on exactly what is shown."""

    verdict = forms.ChoiceField(
        label="Your decision",
        choices=[
            (Verdict.APPROVE, "Approve"),
            (Verdict.REQUEST_CHANGES, "Ask for changes"),
            (Verdict.REJECT, "Reject, which ends the request"),
        ],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label="Why",
        help_text="Needed unless you approve; the requester reads it.",
        required=False,
        max_length=_LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    subject_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


class CommentForm(OperationForm):
    """Say something in the thread."""

    text = forms.CharField(label="Comment", max_length=_LONG, widget=forms.Textarea(attrs={"rows": 3}))


class PromotionForm(TransitionForm):
    """Ask that a version may enter a stage."""

    reason = ReasonField("Markdown. Those who decide read it, and it is part of what they approve.")


class ReasonForm(OperationForm):
    """Why."""

    reason = forms.CharField(label="Why", required=False, max_length=_LONG, widget=forms.Textarea(attrs={"rows": 2}))


class WaiverForm(OperationForm):
    """Let a gate pass that does not."""

    reason = forms.CharField(
        label="Why may this gate be passed over?",
        help_text=f"At least {WAIVER_REASON} characters. It is kept with the request and in the audit log.",
        max_length=_LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    days = forms.IntegerField(label="For how many days", initial=14, min_value=1, max_value=90)


class PolicyForm(OperationForm):
    """The text of a policy."""

    text = forms.CharField(
        label="Policy",
        strip=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "policy-text", "wrap": "off"}),
    )
    comment = forms.CharField(
        label="What is new", help_text="For those who read the list of versions.", required=False, max_length=500
    )


class AssignForm(OperationForm):
    """Let a policy hold."""

    reason = forms.CharField(label="Why", max_length=1000, required=False)


class TierForm(OperationForm):
    """How much depends on a model."""

    tier = forms.ChoiceField(label="Tier", choices=Tier.choices)
    reason = forms.CharField(label="Why", max_length=1000)


class OwnPolicyForm(OperationForm):
    """Let a policy hold on one model, in addition to what holds in its project."""

    policy = forms.ModelChoiceField(PolicyVersion.objects.none(), label="Policy", empty_label="Choose one")
    why = forms.CharField(label="Why", max_length=1000, required=False)

    def __init__(self, *args: Any, policies: QuerySet[PolicyVersion], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["policy"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = policies.order_by("name", "-number")


class GlassForm(OperationForm):
    """Promote without approval, in an emergency."""

    incident = forms.CharField(label="Incident", help_text="Its number or address.", max_length=200)
    reason = forms.CharField(
        label="What is the emergency?",
        help_text=f"At least {BREAK_GLASS_REASON} characters. Everybody who may approve is told at once.",
        max_length=_LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
