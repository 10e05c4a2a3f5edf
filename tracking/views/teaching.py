"""What an empty page teaches: the lines that make the first run on this server."""

from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT


def first_run(address: str, project: Project | None = None, experiment: str = "churn") -> str:
    """The lines to type, from a fresh machine to the first run of an experiment."""
    workspace = f"\nexport MLFLOW_WORKSPACE={project.slug}" if project and project.slug != DEFAULT_PROJECT else ""
    return f"""\
pip install mlflow
export MLFLOW_TRACKING_URI={address}{workspace}
export MLFLOW_TRACKING_TOKEN=…

python - <<'PYTHON'
import mlflow

mlflow.set_experiment({experiment!r})
with mlflow.start_run():
    mlflow.log_param("learning_rate", 0.1)
    mlflow.log_metric("accuracy", 0.93)
PYTHON"""
