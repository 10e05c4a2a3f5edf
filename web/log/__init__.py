"""The audit log as people read it: a page, ``/api/v1/audit/…`` and the export.

It lives up here and not in ``audit``, because it calls actors and projects by their names.
"""
