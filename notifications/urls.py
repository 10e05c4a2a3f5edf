"""The addresses of the pages of notifications."""

from django.urls import URLPattern, path

from notifications.views import mail, webhooks

app_name = "notifications"
urlpatterns: list[URLPattern] = [
    path("profile/mail", mail.mail, name="mail"),
    path("projects/<slug:slug>/webhooks", webhooks.webhooks, name="webhooks"),
    path("projects/<slug:slug>/webhooks/new", webhooks.new_webhook, name="new-webhook"),
    path("projects/<slug:slug>/webhooks/<uuid:hook>", webhooks.webhook, name="webhook"),
    path("projects/<slug:slug>/webhooks/<uuid:hook>/edit", webhooks.edit_webhook, name="edit-webhook"),
    path("projects/<slug:slug>/webhooks/<uuid:hook>/test", webhooks.try_webhook, name="try-webhook"),
    path("projects/<slug:slug>/webhooks/<uuid:hook>/switch", webhooks.switch_webhook, name="switch-webhook"),
    path("projects/<slug:slug>/webhooks/<uuid:hook>/delete", webhooks.delete_webhook, name="delete-webhook"),
]
