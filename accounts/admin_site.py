"""Django's admin as a window: platform admins and auditors look at rows here; nobody changes anything."""

from collections.abc import Callable, Iterator
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db import models
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from accounts.authentication import signed_in
from audit.exceptions import PermissionDenied

#: Never shown, not even to those who may look: hashes of secrets, personal values of the log.
_HIDDEN_FIELDS = {"password", "digest", "session_key"}
_SHOWN_COLUMNS = 8
#: Long, and of interest only beside the log.
_CHAIN = {"audit_seq", "audit_head"}
#: Routes that sign in, sign out or change passwords: the pages of accounts do that.
_CLOSED = {"login", "logout", "password_change", "password_change_done"}
#: What platform admins look after; the rest is for auditors.
_ADMINISTERED_APPS = {"accounts"}


class ReadOnlySite(AdminSite):
    """An admin site that asks for our roles and has no way to write."""

    site_header = site_title = "Stagekeeper"
    index_title = "Rows of the database, read-only"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Platform admins and auditors of the whole server."""
        principal = getattr(request, "principal", None)
        return principal is not None and (principal.may_administer or principal.sees_everything)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """The view, or a refusal for those who may not look; Django would send them to a sign-in page of its own."""
        inner = super().admin_view(view, cacheable)

        def closed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                raise PermissionDenied("Only platform admins and auditors of the whole server look at rows here.")
            return inner(request, *args, **kwargs)

        return update_wrapper(closed, view)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's routes without those that write, each marked for `AccessMiddleware`."""
        routes = [route for route in super().get_urls() if getattr(route, "name", None) not in _CLOSED]
        for route in _leaves(routes):
            signed_in(route.callback)
        return routes


class ReadOnlyAdmin(ModelAdmin[models.Model]):
    """Shows rows of any model; every way to write answers 403."""

    actions = None
    show_full_result_count = False
    list_per_page = 50

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Auditors see all; platform admins what they administer."""
        principal: Any = getattr(request, "principal", None)
        administered = self.model._meta.app_label in _ADMINISTERED_APPS
        return principal is not None and (principal.sees_everything or (principal.may_administer and administered))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for the model."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def get_list_display(self, request: HttpRequest) -> Any:
        """The first columns, whatever the model."""
        columns = [field.name for field in _shown_fields(self.model) if field.name not in _CHAIN]
        return columns[:_SHOWN_COLUMNS]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Every relation that is a column of the list."""
        columns = self.get_list_display(request)
        return [field.name for field in _shown_fields(self.model) if field.is_relation and field.name in columns]

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Every column but secrets."""
        return self.get_readonly_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        """All of them, also those that Django calls not editable."""
        return [field.name for field in _shown_fields(self.model)]


def _shown_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [
        field
        for field in model._meta.concrete_fields
        if field.name not in _HIDDEN_FIELDS and not isinstance(field, models.BinaryField)
    ]


def _leaves(routes: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for route in routes:
        if isinstance(route, URLResolver):
            yield from _leaves(route.url_patterns)
        else:
            yield route


site = ReadOnlySite(name="admin")
