"""Forms about experiments."""

from typing import Any

from django import forms

from accounts.forms import OperationForm, PageForm, checked
from accounts.models import Project
from tracking.models import Lifecycle
from tracking.rules import read_experiment_name
from tracking.rules.values import EXPERIMENT_NAME_LENGTH, EXPERIMENT_TAG_VALUE_LENGTH

_NOTE = {"rows": 8, "spellcheck": "true"}


class ExperimentFilterForm(PageForm):
    """Which experiments to list."""

    name = forms.CharField(label="Name", required=False, max_length=EXPERIMENT_NAME_LENGTH)
    project = forms.ChoiceField(label="Project", required=False)
    lifecycle = forms.ChoiceField(
        label="Show", required=False, choices=[("", "In use"), (Lifecycle.DELETED, "Deleted"), ("all", "All")]
    )

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["project"]
        field.choices = [("", "All my projects"), *((project.slug, str(project)) for project in projects)]
        self.fields["name"].widget.attrs |= {"type": "search", "placeholder": "Part of a name"}


class _NameField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(label="Name", max_length=EXPERIMENT_NAME_LENGTH)

    def clean(self, value: Any) -> str:
        """Keep the rules for names."""
        return str(checked(read_experiment_name, super().clean(value)))


class _NoteField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label="Note",
            help_text="What it is about, in Markdown.",
            required=False,
            max_length=EXPERIMENT_TAG_VALUE_LENGTH,
            widget=forms.Textarea(attrs=_NOTE),
        )


class NewExperimentForm(OperationForm):
    """A new experiment."""

    project = forms.ModelChoiceField(label="Project", queryset=Project.objects.none(), empty_label=None)
    name = _NameField()
    note = _NoteField()

    def __init__(self, *args: Any, projects: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["project"]
        field.queryset = projects


class RenameForm(OperationForm):
    """Another name for an experiment."""

    name = _NameField()


class NoteForm(OperationForm):
    """What an experiment is about."""

    note = _NoteField()
