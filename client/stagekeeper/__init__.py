"""Stagekeeper's command for CI jobs and terminals. It needs Python 3.9 and nothing else."""
