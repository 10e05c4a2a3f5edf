"""What other systems tell the graph, and what it tells them."""
