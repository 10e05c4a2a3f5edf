"""Forms about runs: what to show of them, what to do to many of them, and how a view is called."""

from typing import Any

from django import forms

from accounts.forms import OperationForm, checked
from tracking.models import SavedView
from tracking.rules import check_key, read_view_name
from tracking.rules.values import KEY_LENGTH, RUN_TAG_VALUE_LENGTH
from tracking.rules.views import VIEW_NAME_LENGTH


class TagRunsForm(OperationForm):
    """A tag for many runs, or one to take off."""

    key = forms.CharField(
        label="Tag", max_length=KEY_LENGTH, widget=forms.TextInput(attrs={"list": "tag-keys", "autocomplete": "off"})
    )
    value = forms.CharField(
        label="Value",
        help_text="Replaces the value that a run may have under this tag.",
        max_length=RUN_TAG_VALUE_LENGTH,
        required=False,
    )
    remove = forms.BooleanField(label="Take the tag off instead", required=False)

    def clean_key(self) -> str:
        """Keep the rules for keys."""
        return str(checked(check_key, self.cleaned_data["key"], "key"))

    def clean(self) -> dict[str, Any]:
        """Say it as the operation does."""
        key, value = self.cleaned_data.pop("key", None), self.cleaned_data.pop("value", "")
        if self.cleaned_data.pop("remove", False):
            return self.cleaned_data | {"remove": [key]}
        return self.cleaned_data | {"tags": [{"key": key, "value": value}]}


class ViewForm(OperationForm):
    """How a view is called, and who sees it."""

    name = forms.CharField(label="Name", max_length=VIEW_NAME_LENGTH)
    shared = forms.BooleanField(
        label="Share with the project",
        help_text="Everybody who sees this experiment finds it beside their own views.",
        required=False,
    )

    def __init__(self, *args: Any, may_share: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_share:
            del self.fields["shared"]

    def clean_name(self) -> str:
        """Keep the rules for names."""
        return str(checked(read_view_name, self.cleaned_data["name"]))


def kept(view: SavedView) -> dict[str, Any]:
    """What a form about a view begins with."""
    return {"name": view.name, "shared": view.shared}
