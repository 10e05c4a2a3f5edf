"""Light, dark or as the system says; and the page that shows every component of the pages in all its states."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.forms import PageForm
from accounts.views.requests import PageRequest
from audit.event_types import EventType
from audit.models import AuditEvent, Outcome
from audit.queries import EventView

_THEMES = ("light", "dark", "system")
_TEXT = """## Intended use

Scores **card payments**. Not for *credit decisions*.

- fast
- explainable

`score > 0.8`
"""
_YEAR = 365 * 24 * 60 * 60


@signed_in
@require_POST
def set_theme(request: PageRequest) -> HttpResponse:
    """Keep the colours this browser wants in a cookie, and go back to where it was."""
    theme = request.POST.get("theme", "")
    answer = HttpResponseRedirect(_way_back(request))
    if theme in _THEMES:
        answer.set_cookie("theme", theme, max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return answer


def _way_back(request: PageRequest) -> str:
    place = request.POST.get("next", "")
    return place if url_has_allowed_host_and_scheme(place, allowed_hosts={request.get_host()}) else "/"


class _ExampleForm(PageForm):
    """One field of each kind."""

    name = forms.CharField(label="Name", help_text="A hint says what is expected, before it goes wrong.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "Model"), ("b", "Prompt")])
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    number = forms.IntegerField(
        label="Keep",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": "Write a whole number, such as 5."},
    )
    sure = forms.BooleanField(label="Tell the team", required=False, help_text="Sends one message.")
    scopes = forms.MultipleChoiceField(
        label="Scopes", choices=[("view", "See"), ("write", "Write")], widget=forms.CheckboxSelectMultiple
    )


def _example_events(request: PageRequest) -> list[EventView]:
    """Two events that never happened: one done, one denied."""
    stages = {"before": {"stage": "Staging"}, "after": {"stage": "Production"}}
    done = _event(request, "fraud/7", Outcome.OK, stages)
    denied = _event(request, "fraud/8", Outcome.DENIED, {"before": None, "after": None})
    return [
        EventView(event, names={("user", request.principal.uid): str(request.principal.user)})
        for event in (done, denied)
    ]


def _event(request: PageRequest, label: str, outcome: Outcome, states: dict[str, Any]) -> AuditEvent:
    body = {"actor": {"auth": "session", "token": None}, "request": {"route": "/models"}, **states}
    return AuditEvent(
        uid=UUID(int=0),
        ts=timezone.now() - timedelta(hours=3),
        action=EventType.MODEL_VERSION_TRANSITIONED,
        outcome=outcome,
        actor_uid=request.principal.uid,
        object_type="model_version",
        object_id="0",
        object_label=label,
        request_id="",
        body=orjson.dumps(body),
    )


@signed_in
def components(request: PageRequest) -> HttpResponse:
    """Every component in every state, with the line of template that makes it."""
    now = timezone.now()
    moved = [("stage", "Staging", "Production"), ("approved_by", None, "grace")]
    context = {
        "section": "components",
        "trail": [("Home", "/")],
        "now": now,
        "moments": [now, now - timedelta(minutes=5), now - timedelta(days=40), now + timedelta(days=2)],
        "stages": ["None", "Staging", "Production", "Archived"],
        "statuses": ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED", "READY"],
        "holders": [request.principal.user, _named("ci-nightly", "service"), _named("risk-team", "team")],
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "numbers": [0.9134, 0.123456789, 1234567890.5, float("nan"), float("inf")],
        "durations": [420, 3_200, 312_000, 7_500_000, 273_600_000],
        "rows": moved,
        "views": _example_events(request),
        "items": [
            {
                "at": now - timedelta(days=9),
                "sentence": "Registered from run dapper-fox-12",
                "icon": "plus",
                "url": "#",
            },
            {
                "at": now - timedelta(days=2),
                "actor": request.principal.user,
                "sentence": "moved it to Staging",
                "icon": "arrow-right",
                "detail": "Passed the nightly evaluation.",
            },
        ],
        "before": "learning_rate: 0.1\nmax_depth: 6\nseed: 42",
        "after": "learning_rate: 0.05\nmax_depth: 6\nseed: 42\nearly_stopping: true",
        "text": _TEXT,
        "code": "import mlflow\nmodel = mlflow.pyfunc.load_model('models:/fraud@champion')",
        "form": _ExampleForm(),
        "wrong_form": _wrong(),
    }
    return TemplateResponse(request, "web/components_page.html", context)


def _wrong() -> _ExampleForm:
    form = _ExampleForm({"name": "fraud/7", "kind": "a", "number": "five"}, prefix=None, auto_id="wrong_%s")
    form.add_error("name", "A name cannot contain “/”.")
    form.add_error(None, "Somebody else changed this while you were typing. Reload to see it; your text is kept here.")
    return form


class _Named(SimpleNamespace):
    """Somebody who is only a name."""

    def __str__(self) -> str:
        return str(self.name)


def _named(name: str, kind: str) -> _Named:
    return _Named(name=name, kind=kind)
