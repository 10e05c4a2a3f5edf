"""Curves of metrics for pictures: as many points as can be read, made from however many there are by the database."""

from tracking.queries.curves.reading import MOST_CURVES, MOST_ROWS, MOST_RUNS, Curve, Curves, metric_curves
from tracking.queries.curves.statements import Axis

__all__ = ["MOST_CURVES", "MOST_ROWS", "MOST_RUNS", "Axis", "Curve", "Curves", "metric_curves"]
