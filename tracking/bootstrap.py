"""The first start: experiment 0, which MLflow's clients use when they name none."""

from tracking.operations import create_default_experiment


def prepare_after_migrate(**_: object) -> None:
    """Make what every server has (a receiver of ``post_migrate``)."""
    create_default_experiment()
