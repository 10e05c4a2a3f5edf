"""The start page of each person: what waits for them, what they work on, what changed, what is in Production."""
