"""Measures Stagekeeper beside a real MLflow server: `python -m benchmarks.rest`."""
