"""Search: one box for everything that somebody may see, as a page, as suggestions while they type, and in the API."""
