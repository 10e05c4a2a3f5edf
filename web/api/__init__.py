"""The native REST API under ``/api/v1/``: what all its resources share. Everything is wired by ``REST_FRAMEWORK``.

How to add a resource (see ``accounts/api/projects.py`` for a whole one):

1. In the app that owns the objects, write ``api/<things>.py``: serializers that check and render, and a view set on
   ``accounts.api.base.Resource``. Only principals get in;
   ``self.principal`` is the actor. Read from ``….visible_to(self.principal)`` (what one may not see answers 404) with
   every relation that the serializer shows in ``select_related``; write by one call of one operation.
2. Register it on the app's ``SimpleRouter(trailing_slash=False)`` in ``api/urls.py`` and include that in
   ``web.api.urls``; add the list's name to the root there.
3. Say what goes in and out with ``@extend_schema``; a test fails on every warning of the schema.

Times are `accounts.api.fields.Moment`; a rule of the app checks a field by `by_rule`, and `at_field` says of a refusal
which field is to blame. A list that a search cuts into pages itself answers by `accounts.api.paging.TokenPages`.

What comes for free: refusals and DRF's errors as ``{"error_code", "message", "fields"?}`` (`web.api.errors`), JSON by
orjson (`web.api.formats`), cursor pagination with ``page_size`` (`web.api.pagination`), ``Idempotency-Key`` on writes
(`web.api.idempotency`), CSRF protection of writes by a browser session (`accounts.authentication`).
An answer that holds a secret sets ``Cache-Control: no-store`` and is then never kept for replay.
"""
