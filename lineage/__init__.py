"""The graph of what was made from what."""
