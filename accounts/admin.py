"""Shows every model of our own apps in the read-only admin site."""

from django.apps import apps

from accounts.admin_site import ReadOnlyAdmin, site

#: Personal values of the log, keys of sessions, answers kept for replay, and addresses that may be secrets: not for
#: looking round in.
_NOT_SHOWN = {"accounts.BrowserSession", "audit.AuditPrivate", "notifications.Webhook", "web.IdempotencyKey"}

for model in apps.get_models():
    # The admin site knows no keys of several columns; those rows are points of metrics and the like.
    shown = hasattr(model, "governed") and not model._meta.is_composite_pk
    if shown and model._meta.label not in _NOT_SHOWN:
        site.register(model, ReadOnlyAdmin)
