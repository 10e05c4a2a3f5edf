"""Webhooks and e-mail, fed from the audit log."""
