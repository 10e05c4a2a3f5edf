"""What runs read and made: datasets, logged models."""

from django.db import models

from tracking.models.experiments import Experiment
from tracking.models.logged_models import LoggedModel
from tracking.models.runs import Run


class Dataset(models.Model):
    """A dataset as a run saw it; the same name and digest within an experiment is the same dataset."""

    governed = False  # a description sent by scripts; never changed once stored

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="datasets", db_index=False)
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=36)
    source_type = models.TextField()
    source = models.TextField()
    schema = models.TextField(null=True)  # noqa: DJ001  # the protocol tells an empty schema from none
    profile = models.TextField(null=True)  # noqa: DJ001  # likewise

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name", "digest"], name="tracking_dataset_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest})"


class RunInput(models.Model):
    """A run read a dataset."""

    governed = False  # logged by scripts; facts that are only added

    run = models.ForeignKey(Run, models.PROTECT, related_name="inputs", db_index=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="inputs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset"], name="tracking_input_once")]

    def __str__(self) -> str:
        return f"{self.run_id} read {self.dataset_id}"


class RunInputTag(models.Model):
    """A remark on an input, such as what the dataset was used for (``mlflow.data.context``)."""

    governed = False  # as inputs

    input = models.ForeignKey(RunInput, models.PROTECT, related_name="tags", db_index=False)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["input", "key"], name="tracking_input_tag")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class RunModelInput(models.Model):
    """A run used a logged model."""

    governed = False  # as inputs

    run = models.ForeignKey(Run, models.PROTECT, related_name="model_inputs", db_index=False)
    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, related_name="read_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "logged_model"], name="tracking_model_input_once")]

    def __str__(self) -> str:
        return f"{self.run_id} used {self.logged_model_id}"


class RunOutput(models.Model):
    """A run made a logged model, at a step of its training."""

    governed = False  # as inputs

    run = models.ForeignKey(Run, models.PROTECT, related_name="outputs", db_index=False)
    logged_model = models.ForeignKey(LoggedModel, models.PROTECT, related_name="made_by")
    step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "logged_model", "step"], name="tracking_output_once")]

    def __str__(self) -> str:
        return f"{self.run_id} made {self.logged_model_id}"
