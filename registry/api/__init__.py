"""The registry in the native API; see ``web.api`` for what every resource shares.

A model is addressed by its project and its name, ``/registered-models/<project>/<name>``, and everything of it lies
below: ``…/versions/<number>``, ``…/aliases/<alias>``, ``…/stages``.
"""
