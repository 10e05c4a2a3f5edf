"""The forms of the registry's pages: they check each field, then let an operation do it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms

from accounts.forms import OperationForm, PageForm, checked
from accounts.models import Project, User
from accounts.principals import Principal
from accounts.queries import find_user
from audit.exceptions import NotFound, PermissionDenied
from registry.cards import COMMENT_LENGTH, SECTION_LENGTH
from registry.models import Lifecycle
from registry.queries.cards import Card
from registry.queries.lists import ModelFilter, VersionFilter, search_models_by, search_versions_by
from registry.rules import (
    ALIAS_LENGTH,
    ALIAS_RIGHTS,
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    TAG_KEY_LENGTH,
    TAG_VALUE_LENGTH,
    Stage,
    check_alias,
    check_alias_pattern,
    check_model_name,
)

_ANY = [("", "any")]
_STAGES = [*_ANY, *((stage.value, stage.value) for stage in Stage)]
_PLACES = [(Lifecycle.ACTIVE, "in use"), (Lifecycle.TRASHED, "in the trash")]
_MARKDOWN = "Markdown. Kept as it is typed."


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ReasonField(forms.CharField):
    """Why somebody does something."""

    def __init__(self, help_text: str = "Kept in the audit log.") -> None:
        super().__init__(label="Reason", help_text=help_text, max_length=500, required=False, widget=_area(2))


# --- Lists ------------------------------------------------------------------------------------------------------------


class ModelListForm(PageForm):
    """Which models a list shows; it stands in the address."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"placeholder": "part of a name, or tags.team = 'risk'", "type": "search"}),
    )
    project = forms.ChoiceField(label="Project", required=False)
    stage = forms.ChoiceField(label="Has a version in", choices=_STAGES, required=False)
    owner = forms.ChoiceField(label="Owner", required=False)
    kind = forms.ChoiceField(
        label="Kind", choices=[("model", "models"), ("prompt", "prompts"), ("all", "both")], required=False
    )
    lifecycle = forms.ChoiceField(label="Place", choices=_PLACES, required=False)

    def __init__(self, *args: Any, projects: Iterable[Project], owners: Iterable[User], **options: Any) -> None:
        super().__init__(*args, **options)
        choices: dict[str, list[tuple[str, str]]] = {
            "project": [*_ANY, *((project.slug, project.slug) for project in projects)],
            "owner": [*_ANY, *((owner.uid, str(owner)) for owner in owners)],
        }
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.choices = offered

    def clean_q(self) -> str:
        """Say where a filter cannot be read."""
        checked(search_models_by, self.cleaned_data["q"])
        return str(self.cleaned_data["q"])

    def wanted(self) -> ModelFilter:
        """What is asked for."""
        asked = self.cleaned_data
        return ModelFilter(
            text=asked["q"],
            project=asked["project"],
            stage=asked["stage"],
            owner=asked["owner"],
            kind=asked["kind"] or "model",
            lifecycle=asked["lifecycle"] or Lifecycle.ACTIVE,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any(self.cleaned_data.get(name) for name in self.fields)


class VersionListForm(PageForm):
    """Which versions of a model a list shows; it stands in the address."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"placeholder": "a number, or tags.team = 'risk'", "type": "search"}),
    )
    stage = forms.ChoiceField(label="Stage", choices=_STAGES, required=False)
    lifecycle = forms.ChoiceField(label="Place", choices=_PLACES, required=False)

    def clean_q(self) -> str:
        """Say where a filter cannot be read."""
        checked(search_versions_by, self.cleaned_data["q"])
        return str(self.cleaned_data["q"])

    def wanted(self) -> VersionFilter:
        """What is asked for."""
        asked = self.cleaned_data
        return VersionFilter(asked["q"], asked["stage"], asked["lifecycle"] or Lifecycle.ACTIVE)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any(self.cleaned_data.get(name) for name in self.fields)


class DayForm(PageForm):
    """A day that somebody asks about."""

    at = forms.DateField(
        label="What was in Production on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


# --- Registering ------------------------------------------------------------------------------------------------------


class NewModelForm(OperationForm):
    """A new model, perhaps with its first version."""

    project = forms.ModelChoiceField(
        label="Project", queryset=Project.objects.none(), to_field_name="slug", empty_label=None
    )
    name = forms.CharField(
        label="Name", help_text="What code loads, as in models:/name/1.", max_length=NAME_LENGTH, strip=False
    )
    description = forms.CharField(
        label="Description", help_text=_MARKDOWN, max_length=DESCRIPTION_LENGTH, required=False, widget=_area(4)
    )

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["project"]
        field.queryset = projects

    def clean_name(self) -> str:
        """Keep the rules for names."""
        checked(check_model_name, self.cleaned_data["name"])
        return str(self.cleaned_data["name"])


class SourceMixin(OperationForm):
    """What a version is made from: a logged model, a run's folder, or a place elsewhere."""

    logged_model = forms.CharField(
        label="Logged model",
        help_text="Its id, as in m-1f2e…; the run that logged it comes with it.",
        max_length=34,
        required=False,
    )
    run = forms.CharField(label="Run", help_text="The id of the run that made it.", max_length=64, required=False)
    path = forms.CharField(
        label="Folder",
        help_text="Among the artifacts of the run or logged model; empty: all of them.",
        max_length=1_000,
        required=False,
    )
    source = forms.CharField(
        label="Or a place elsewhere",
        help_text="models:/name/number copies a version; s3://bucket/path names files that are kept elsewhere.",
        max_length=2_000,
        required=False,
    )

    def done(self, operation: Callable[..., Any], *args: Any, **more: Any) -> bool:
        """As every form; but a source that is not there, or not for them, is a mistake in what was typed."""
        try:
            return super().done(operation, *args, **more)
        except (PermissionDenied, NotFound) as refusal:
            self.add_error(None, str(refusal))
            return False

    def clean(self) -> dict[str, Any]:
        """Say where the files lie, in the words of the operation."""
        given = {name: self.cleaned_data.pop(name, "") or "" for name in ("logged_model", "run", "path", "source")}
        if given["source"] and given["path"]:
            self.add_error("path", "Name either a folder or a place elsewhere, not both.")
        if not (given["source"] or given["logged_model"] or given["run"]):
            self.add_error(None, "Say what to register: a logged model, a run, or a place elsewhere.")
        self.cleaned_data |= {
            "source": given["source"] or _uri(given),
            "run_uid": given["run"] or None,
            "logged_model_uid": given["logged_model"] or None,
        }
        return self.cleaned_data


def _uri(given: dict[str, str]) -> str:
    owner = f"models:/{given['logged_model']}" if given["logged_model"] else f"runs:/{given['run']}"
    return f"{owner}/{given['path']}" if given["path"] else owner


class NewVersionForm(SourceMixin):
    """The next version of a model."""

    description = forms.CharField(
        label="Description", help_text=_MARKDOWN, max_length=DESCRIPTION_LENGTH, required=False, widget=_area(3)
    )

    field_order = ["logged_model", "run", "path", "source", "description"]


class FirstVersionForm(SourceMixin, NewModelForm):
    """A new model together with its first version."""

    field_order = ["project", "name", "logged_model", "run", "path", "source", "description"]


# --- Changing ---------------------------------------------------------------------------------------------------------


class DescriptionForm(OperationForm):
    """What something is."""

    description = forms.CharField(
        label="Description",
        help_text=_MARKDOWN,
        max_length=DESCRIPTION_LENGTH,
        required=False,
        strip=False,
        widget=_area(14),
    )

    def clean_description(self) -> str:
        """Keep line ends as scripts write them."""
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")


class RenameForm(OperationForm):
    """Another name."""

    new_name = forms.CharField(label="New name", max_length=NAME_LENGTH, strip=False)

    def clean_new_name(self) -> str:
        """Keep the rules for names."""
        checked(check_model_name, self.cleaned_data["new_name"])
        return str(self.cleaned_data["new_name"])


class HandOverForm(OperationForm):
    """Another owner."""

    owner = forms.CharField(
        label="New owner",
        help_text="A user name. They must be able to see the model.",
        max_length=150,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    reason = ReasonField()

    def __init__(self, *args: Any, principal: Principal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.principal = principal

    def clean_owner(self) -> User:
        """Find them."""
        owner: User = checked(find_user, self.principal, self.cleaned_data["owner"])
        return owner


class ReasonForm(OperationForm):
    """Confirms a step."""

    reason = ReasonField()


class RollBackForm(OperationForm):
    """Lets Production go back to one of the versions that can be there again."""

    number = forms.TypedChoiceField(label="Go back to", coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Why",
        help_text="Kept in the audit log: a roll-back is looked at afterwards.",
        max_length=500,
        widget=_area(2),
    )

    def __init__(self, *args: Any, numbers: Sequence[int], wanted: int = 0, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["number"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(number, f"Version {number}") for number in numbers]
        field.initial = wanted if wanted in numbers else next(iter(numbers), None)


class QuarantineForm(OperationForm):
    """Puts a suspected version away."""

    reason = forms.CharField(
        label="What is suspected", help_text="For those who have to look into it.", max_length=500, widget=_area(3)
    )


class ReleaseForm(OperationForm):
    """Lets a version out of quarantine."""

    finding = forms.CharField(
        label="What was found", help_text="For those who load it again.", max_length=500, widget=_area(3)
    )


class TransitionForm(OperationForm):
    """Moves a version to another stage."""

    reason = ReasonField("Kept in the audit log and shown in its history.")
    archive_existing = forms.BooleanField(
        label="Archive the other versions in Staging",
        help_text="Several versions may be in Staging at once; this makes room.",
        required=False,
    )

    def __init__(self, *args: Any, stage: Stage, **options: Any) -> None:
        super().__init__(*args, **options)
        if stage != Stage.STAGING:
            del self.fields["archive_existing"]


class TagForm(OperationForm):
    """A tag, new or with a new value."""

    key = forms.CharField(label="Tag", max_length=TAG_KEY_LENGTH)
    value = forms.CharField(
        label="Value", max_length=TAG_VALUE_LENGTH, required=False, strip=False, widget=forms.TextInput
    )


class TagKeyForm(OperationForm):
    """A tag to take off."""

    key = forms.CharField(max_length=TAG_KEY_LENGTH)


class AliasForm(OperationForm):
    """An alias for one version."""

    alias = forms.CharField(
        label="Alias",
        help_text="Letters, digits, _ and -. Code loads it as models:/name@alias.",
        max_length=ALIAS_LENGTH,
    )

    def clean_alias(self) -> str:
        """Keep the rules for aliases."""
        checked(check_alias, self.cleaned_data["alias"])
        return str(self.cleaned_data["alias"])


class AliasOfModelForm(AliasForm):
    """An alias, and the version that it is to stand for."""

    alias = forms.CharField(label="Alias", max_length=ALIAS_LENGTH)
    version = forms.IntegerField(label="Version", min_value=1, max_value=999_999_999)

    field_order = ["alias", "version"]


class AliasNameForm(OperationForm):
    """An alias to take away."""

    alias = forms.CharField(max_length=ALIAS_LENGTH)


class AliasRuleForm(OperationForm):
    """Which aliases are governed, for which stages they stand, and who sets them."""

    pattern = forms.CharField(
        label="Alias", help_text="As in champion, or prod-* for all that begin so.", max_length=ALIAS_LENGTH
    )
    stages = forms.MultipleChoiceField(
        label="It stands for versions in", choices=Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    action = forms.ChoiceField(
        label="It is set by", choices=[(action, who) for action, who in ALIAS_RIGHTS.items()], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="Why", required=False, max_length=1000)

    def clean_pattern(self) -> str:
        """Keep the rules for patterns."""
        checked(check_alias_pattern, self.cleaned_data["pattern"])
        return str(self.cleaned_data["pattern"])


class FreeAliasForm(OperationForm):
    """Why a rule ends."""

    reason = forms.CharField(label="Why", required=False, max_length=1000)


# --- Cards ------------------------------------------------------------------------------------------------------------


class CardForm(OperationForm):
    """All sections of a card, with the number of the revision that they were read from."""

    based_on = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    comment = forms.CharField(
        label="What did you change, and why?",
        help_text="Shown in the list of revisions.",
        max_length=COMMENT_LENGTH,
        required=False,
    )

    def __init__(self, *args: Any, card: Card, **options: Any) -> None:
        self.keys = [written.section.key for written in card.sections]
        typed = {written.section.key: written.text for written in card.sections}
        options["initial"] = {"based_on": card.number, **typed}
        super().__init__(*args, **options)
        for written in card.sections:
            self.fields[written.section.key] = forms.CharField(
                label=written.section.label,
                help_text=written.section.hint,
                max_length=SECTION_LENGTH,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
            )
        self.order_fields([*self.keys, "comment"])

    def clean(self) -> dict[str, Any]:
        """Put the sections together, as the operation takes them."""
        cleaned = super().clean() or self.cleaned_data
        sections = {key: cleaned.pop(key).replace("\r\n", "\n") for key in self.keys if key in cleaned}
        self.cleaned_data = {"sections": sections, **cleaned}
        return self.cleaned_data

    def typed(self, key: str) -> str:
        """What stands in a section's field now."""
        return str(self[key].value() or "").replace("\r\n", "\n")
