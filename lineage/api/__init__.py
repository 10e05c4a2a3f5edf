"""The graph below ``/api/v1/lineage/``."""
