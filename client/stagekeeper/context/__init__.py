"""The parts of what is found out about a run. Each gives tags, and may fail alone."""
