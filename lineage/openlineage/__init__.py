"""OpenLineage events (2-0-2) become facts of the graph: what a job run read, what it wrote, and from which code."""
