"""Promotion: policies, gates, requests, decisions, break-glass."""
