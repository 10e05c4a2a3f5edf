"""Runs side by side: what the compare page shows, as tables, pictures, differences of files, and CSV."""
