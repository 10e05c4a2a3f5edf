"""Artifacts in the native API: views that the owners of artifacts, in the apps above, put below their own addresses."""
