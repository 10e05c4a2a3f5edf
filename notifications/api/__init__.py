"""Webhooks in the native API; see ``web.api`` for what every resource shares."""
