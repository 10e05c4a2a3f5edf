"""Questions to the graph, each answered by dataclasses that pages and the API show alike."""
