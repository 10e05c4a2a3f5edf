"""The page on which people say which mail they want, and see what they were sent."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from notifications.forms import MailForm
from notifications.models import Letter
from notifications.preferences import choose_mail, wanted_by

_SHOWN = 20


@signed_in
def mail(request: PageRequest) -> HttpResponse:
    """Choose the kinds of mail to be sent; the newest letters stand below."""
    person = request.principal.user
    form = MailForm.of(request, initial={"kinds": wanted_by(person)})
    if form.done(choose_mail, request.principal):
        messages.success(request, "Saved.")
        return redirect("notifications:mail")
    context = {
        "form": form,
        "person": person,
        "letters": Letter.objects.filter(person=person).order_by("-pk")[:_SHOWN],
        "section": "profile",
        "trail": [("My profile", reverse("accounts:profile"))],
    }
    return TemplateResponse(request, "notifications/mail.html", context)
