"""The forms of the pages of deployments: they check each field, then let an operation do it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.http import QueryDict

from accounts.forms import DateInput, OperationForm, PageForm
from accounts.models import Project
from approvals.gate_types import DAYS
from deployments.board import Choices
from deployments.models import Environment, EnvironmentKind
from deployments.queries import Asked
from deployments.rules import CONFIG_LENGTH, DIGEST_LENGTH, NAME_LENGTH, PERMIT_MINUTES, REASON_LENGTH, TARGET_LENGTH
from registry.rules import DESCRIPTION_LENGTH, Stage

_ANY: Final = [("", "any")]
_DAYS: Final = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year")]
_USUAL_DAYS: Final = 30


class BoardForm(PageForm):
    """What of the board is shown; it stands in the address."""

    project = forms.ChoiceField(label="Project", required=False)
    environment = forms.ChoiceField(label="Environment", required=False)
    model = forms.ChoiceField(label="Model", required=False)
    person = forms.ChoiceField(label="Deployed by", required=False)
    days = forms.ChoiceField(label="The last", choices=_DAYS, required=False)
    at = forms.DateField(label="What ran on", required=False, widget=DateInput())

    def __init__(self, data: QueryDict, *, choices: Choices, **options: Any) -> None:
        given = data.copy()
        given.setdefault("days", str(_USUAL_DAYS))
        super().__init__(given, **options)
        places = {environment.project.slug for environment in choices.environments}
        names = dict.fromkeys(environment.name for environment in choices.environments)
        models = [f"{model.project.slug}/{model.name}" for model in choices.models]
        offered: dict[str, list[tuple[str, str]]] = {
            "project": [(slug, slug) for slug in sorted(places)],
            "environment": [(name, name) for name in names],
            "model": [(name, name) for name in models],
            "person": [(person.username, str(person)) for person in choices.people],
        }
        for name, said in offered.items():
            field: Any = self.fields[name]
            field.choices = [*_ANY, *said]

    def asked(self) -> Asked:
        """Which deployments are meant; all of them when the form has errors."""
        given = self.cleaned_data if self.is_valid() else {}
        project, _, model = given.get("model", "").partition("/")
        return Asked(
            project=given.get("project", ""),
            environment=given.get("environment", ""),
            model=model,
            model_project=project,
            person=given.get("person", ""),
        )

    @property
    def days_shown(self) -> int:
        """How many days the picture goes back."""
        return int((self.cleaned_data.get("days") if self.is_valid() else None) or _USUAL_DAYS)

    @property
    def day(self) -> date | None:
        """The day that is asked about."""
        return self.cleaned_data.get("at") if self.is_valid() else None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen but the time."""
        return self.is_valid() and any(
            self.cleaned_data.get(name) for name in ("project", "environment", "model", "person")
        )


# --- Environments -----------------------------------------------------------------------------------------------------


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class EnvironmentForm(OperationForm):
    """What an environment is, and what it asks for."""

    kind = forms.ChoiceField(label="Kind", choices=[(kind.value, kind.value) for kind in EnvironmentKind])
    required_stage = forms.ChoiceField(
        label="Takes versions in",
        choices=[
            (Stage.PRODUCTION.value, "Production"),
            (Stage.STAGING.value, "Staging or Production"),
            (Stage.NONE.value, "any stage"),
        ],
        help_text="Checked whenever a version is deployed.",
    )
    description = forms.CharField(
        label="Description", required=False, max_length=DESCRIPTION_LENGTH, widget=_area(3), help_text="Markdown."
    )
    days = forms.MultipleChoiceField(
        label="Changed on these days only",
        choices=[(day, day) for day in DAYS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: on any day, at any time. Going back to what ran before is always possible.",
    )
    begins = forms.CharField(
        label="From (UTC)", required=False, max_length=5, widget=forms.TextInput(attrs={"placeholder": "07:00"})
    )
    ends = forms.CharField(
        label="To (UTC)", required=False, max_length=5, widget=forms.TextInput(attrs={"placeholder": "16:00"})
    )
    needs_image = forms.BooleanField(
        label="Deployments name the digest of their container image",
        required=False,
        help_text="Agents then also tell when another image runs.",
    )
    needs_ratified = forms.BooleanField(
        label="Versions that came by break-glass have to be ratified before",
        required=False,
    )
    permit_minutes = forms.IntegerField(
        label="A permit holds for (minutes)",
        initial=15,
        min_value=PERMIT_MINUTES[0],
        max_value=PERMIT_MINUTES[1],
        help_text="From the answer to the roll-out. Who comes later asks for a new one.",
    )

    def clean(self) -> dict[str, Any]:
        """Put the change window together."""
        given = self.cleaned_data
        days, begins, ends = given.pop("days", []), given.pop("begins", ""), given.pop("ends", "")
        given["change_window"] = {"days": days, "from": begins, "to": ends} if days or begins or ends else None
        return given

    @classmethod
    def values_of(cls, environment: Environment) -> dict[str, Any]:
        """What stands in the form when it is opened to change an environment."""
        window: Mapping[str, Any] = environment.change_window or {}
        kept = ("kind", "required_stage", "description", "needs_image", "needs_ratified", "permit_minutes")
        return {name: getattr(environment, name) for name in kept} | {
            "days": window.get("days", []),
            "begins": window.get("from", ""),
            "ends": window.get("to", ""),
        }


class NewEnvironmentForm(EnvironmentForm):
    """A new environment, in a project."""

    project = forms.ModelChoiceField(Project.objects.none(), label="Project", to_field_name="slug", empty_label=None)
    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        help_text="Small letters, digits, dots, dashes and underscores, such as prod-eu.",
    )

    field_order = ("project", "name")

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["project"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = projects


class ArchiveForm(OperationForm):
    """Archives an environment."""

    reason = forms.CharField(label="Why", required=False, max_length=REASON_LENGTH, widget=_area(2))


# --- Deployments ------------------------------------------------------------------------------------------------------


class DeployForm(OperationForm):
    """Asks that a version may run somewhere."""

    environment = forms.TypedChoiceField(label="Environment", coerce=int, widget=forms.RadioSelect)
    target = forms.CharField(
        label="Target",
        required=False,
        max_length=TARGET_LENGTH,
        help_text="A service, cluster or device in the environment. Whatever runs at the same target is replaced.",
    )
    image_digest = forms.CharField(
        label="Container image",
        required=False,
        max_length=DIGEST_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": "sha256:…", "spellcheck": "false"}),
        help_text="Its digest, not a tag.",
    )
    config_digest = forms.CharField(
        label="Configuration",
        required=False,
        max_length=CONFIG_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": "sha256:…", "spellcheck": "false"}),
        help_text="A digest of the settings it runs with, if you keep one.",
    )
    reason = forms.CharField(label="Why", required=False, max_length=REASON_LENGTH, widget=_area(2))

    def __init__(self, *args: Any, environments: Iterable[Environment], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["environment"]
        assert isinstance(field, forms.TypedChoiceField)
        offered = list(environments)
        field.choices = [(each.pk, f"{each.name} ({each.project.slug})") for each in offered]
        field.initial = offered[0].pk if offered else None


class StateForm(OperationForm):
    """Reports what became of a deployment."""

    state = forms.ChoiceField(label="It is", widget=forms.RadioSelect)
    note = forms.CharField(label="Remark", required=False, max_length=REASON_LENGTH, widget=_area(2))

    def __init__(self, *args: Any, states: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(state, _SAID[state]) for state in states]
        field.initial = next(iter(states), None)


_SAID: Final[Mapping[str, str]] = {
    "deploying": "being rolled out",
    "active": "active: it runs",
    "failed": "failed",
    "stopped": "stopped: it does not run any more",
}


class BackForm(OperationForm):
    """Lets a target go back to what ran there before."""

    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        widget=_area(2),
        help_text="Kept in the audit log: a roll-back is looked at afterwards.",
    )


class FindingForm(OperationForm):
    """Resolves an alert."""

    finding = forms.CharField(
        label="What was found",
        max_length=REASON_LENGTH,
        widget=_area(3),
        help_text="For those who wonder later. The same sighting raises a new alert.",
    )
