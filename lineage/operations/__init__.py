"""What people say of the graph."""
