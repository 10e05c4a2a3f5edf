"""Tests: one folder per app, and folders for what only a whole running system can show."""
