"""What the forms of every app share: the look of their fields, and that each ends in one operation."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from audit.exceptions import NotFound, PermissionDenied, Refusal, Throttled

_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


class PageForm(forms.Form):
    """A form whose labels stand above their fields, and whose fields look like those of every page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        for field in self.fields.values():
            _dress(field.widget)

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error, and mark the fields that have one."""
        super().add_error(field, error)
        for name in self.errors:
            if name in self.fields:
                _add_class(self.fields[name].widget, "is-invalid")


class OperationForm(PageForm):
    """A form that ends in one operation; ``result`` is what that returned."""

    result: Any = None
    #: What the operation refused with, when it did.
    refusal: Refusal | None = None

    @classmethod
    def of(cls, request: HttpRequest, **options: Any) -> Any:
        """The form of this request: bound to what was posted, or fresh."""
        return cls(request.POST if request.method == "POST" else None, **options)

    def done(self, operation: Callable[..., Any], *args: Any, **more: Any) -> bool:
        """Whether the form was sent, is right, and the operation took it.

        The operation is called with ``args``, the cleaned fields and ``more``. Its refusal becomes an error of the
        form, except that the actor may not do this at all.
        """
        if not self.is_valid():
            return False
        try:
            self.result = operation(*args, **self.cleaned_data, **more)
        except (PermissionDenied, NotFound, Throttled):
            raise
        except Refusal as refusal:
            self.refusal = refusal
            self.add_error(None, str(refusal))
            return False
        return True


class DateInput(forms.DateInput):
    """A day, with the calendar of the browser."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """The day as browsers want it."""
        return None if value is None else str(value.isoformat() if hasattr(value, "isoformat") else value)


def checked(rule: Callable[..., Any], *values: Any) -> Any:
    """What the rule returns; its refusal is an error of the field."""
    try:
        return rule(*values)
    except Refusal as refusal:
        raise ValidationError(str(refusal)) from refusal


def end_of(day: Any) -> datetime | None:
    """The last second of a day in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC) if day else None


def _dress(widget: forms.Widget) -> None:
    """Give a widget the classes of its kind."""
    if widget.is_hidden:
        return
    if isinstance(widget, _GROUPS):
        widget.template_name = "accounts/_choices.html"
        _add_class(widget, "form-check-input")
    elif isinstance(widget, forms.CheckboxInput):
        _add_class(widget, "form-check-input")
    elif isinstance(widget, forms.Select):
        _add_class(widget, "form-select")
    else:
        _add_class(widget, "form-control")


def _add_class(widget: forms.Widget, name: str) -> None:
    names = widget.attrs.get("class", "").split()
    if name not in names:
        widget.attrs["class"] = " ".join([*names, name])
