"""The forms that change runs and logged models: a name, a note, a tag, or the question whether to go on."""

from typing import Any, Final

from django import forms

from accounts.forms.base import OperationForm, checked
from tracking.rules.values import RUN_NAME_LENGTH, RUN_TAG_VALUE_LENGTH, check_key

_KEY_LENGTH: Final = 250


class ConfirmForm(OperationForm):
    """Asks nothing but whether to go on."""


class RenameForm(OperationForm):
    """A name for a run."""

    name = forms.CharField(label="Name", max_length=RUN_NAME_LENGTH, help_text="It need not be unique.")


class NoteForm(OperationForm):
    """A note in Markdown; an empty one is no note."""

    note = forms.CharField(
        label="Note",
        help_text="Markdown: # headings, **bold**, `code`, lists, tables and [links](https://…). "
        "MLflow keeps it in the tag mlflow.note.content.",
        max_length=RUN_TAG_VALUE_LENGTH,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
    )

    def clean_note(self) -> str:
        """Lines end as everywhere but in browsers."""
        return str(self.cleaned_data["note"]).replace("\r\n", "\n").rstrip()


class TagForm(OperationForm):
    """A tag with its value."""

    key = forms.CharField(
        label="Key",
        max_length=_KEY_LENGTH,
        help_text="Letters, digits and / _ . - : and spaces.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    value = forms.CharField(
        label="Value",
        max_length=RUN_TAG_VALUE_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_key(self) -> str:
        """Keep the rules for keys."""
        return str(checked(check_key, self.cleaned_data["key"], "key"))

    def clean_value(self) -> str:
        """Lines end as everywhere but in browsers."""
        return str(self.cleaned_data["value"]).replace("\r\n", "\n")


class FixedTagForm(TagForm):
    """A new value for a tag that is there."""

    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"].label = "New value"
