"""Webhooks, fed from the audit log."""
