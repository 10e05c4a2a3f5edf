"""The form that asks who may what."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.forms.base import PageForm
from accounts.labels import ACTION_LABELS
from accounts.models import Project
from accounts.roles import Action


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
