"""The native API of deployments."""
