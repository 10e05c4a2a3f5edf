"""Everything behind or after a node, in the formats of others and in our own; as much as the reader may see."""
