"""What tracking stores: experiments, runs and what was logged to them, logged models, saved views."""

from tracking.models.experiments import (
    Experiment,
    ExperimentTag,
    ExperimentTeamGrant,
    ExperimentUserGrant,
    Lifecycle,
)
from tracking.models.inputs import Dataset, RunInput, RunInputTag, RunModelInput, RunOutput
from tracking.models.logged_models import (
    LoggedModel,
    LoggedModelMetric,
    LoggedModelParam,
    LoggedModelStatus,
    LoggedModelTag,
)
from tracking.models.runs import LatestMetric, Metric, Param, Run, RunStatus, RunTag
from tracking.models.saved_views import SavedView

__all__ = [
    "Dataset",
    "Experiment",
    "ExperimentTag",
    "ExperimentTeamGrant",
    "ExperimentUserGrant",
    "LatestMetric",
    "Lifecycle",
    "LoggedModel",
    "LoggedModelMetric",
    "LoggedModelParam",
    "LoggedModelStatus",
    "LoggedModelTag",
    "Metric",
    "Param",
    "Run",
    "RunInput",
    "RunInputTag",
    "RunModelInput",
    "RunOutput",
    "RunStatus",
    "RunTag",
    "SavedView",
]
