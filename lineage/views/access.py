"""Questions of people who want to see hidden lineage, for those who give roles where it lies."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest, page_of
from audit.exceptions import NotFound
from lineage import operations
from lineage.forms import AnswerForm
from lineage.models import AccessQuestion
from lineage.operations.access import scope_object


@signed_in
def questions(request: PageRequest) -> HttpResponse:
    """The questions that I may answer, and what was answered; the newest first."""
    rows = AccessQuestion.objects.answerable_by(request.principal).select_related("request__asker", "scope", "project")
    context = {"page": page_of(request, rows.order_by("-pk")), "section": "lineage"}
    return TemplateResponse(request, "lineage/access_questions.html", context)


@signed_in
def question(request: PageRequest, pk: int) -> HttpResponse:
    """Let somebody look, or decline."""
    rows = AccessQuestion.objects.answerable_by(request.principal).select_related(
        "request__asker", "scope__project", "project"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such question, or it is not yours to answer.")
    form = AnswerForm.of(request)
    if form.done(operations.answer_question, request.principal, found):
        messages.success(request, "They may look now." if form.cleaned_data["grant"] else "Declined.")
        return redirect("lineage:access-questions")
    authorize(request.principal, Action.GRANT, found)
    context = {
        "form": form,
        "question": found,
        "scope_object": scope_object(found.scope),
        "back": reverse("lineage:access-questions"),
        "trail": [("Questions", reverse("lineage:access-questions"))],
        "section": "lineage",
    }
    return TemplateResponse(request, "lineage/access_question.html", context)
