"""Refusals reach the user of the client as readable sentences with the right code."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

MISSING_RUN = "0123456789abcdef0123456789abcdef"
CASES = {
    "experiment": (lambda client: client.get_experiment("987654321"), "RESOURCE_DOES_NOT_EXIST"),
    "experiment id that is no number": (lambda client: client.get_experiment("abc"), "INVALID_PARAMETER_VALUE"),
    "run": (lambda client: client.get_run(MISSING_RUN), "RESOURCE_DOES_NOT_EXIST"),
    "run written to": (lambda client: client.log_metric(MISSING_RUN, "x", 1), "RESOURCE_DOES_NOT_EXIST"),
    "model": (lambda client: client.get_registered_model("missing-model"), "RESOURCE_DOES_NOT_EXIST"),
    "version": (lambda client: client.get_model_version("missing-model", "1"), "RESOURCE_DOES_NOT_EXIST"),
    "logged model": (lambda client: client.get_logged_model("m-" + MISSING_RUN), "RESOURCE_DOES_NOT_EXIST"),
    "webhook": (lambda client: client.get_webhook("00000000-0000-0000-0000-000000000000"), "RESOURCE_DOES_NOT_EXIST"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_there_is_said_not_to_be_there(client: MlflowClient, case):
    call, code = CASES[case]

    with pytest.raises(MlflowException) as refusal:
        call(client)

    assert refusal.value.error_code == code
    assert len(refusal.value.message) > len(code) + 10


def test_deleting_an_experiment_twice_and_restoring_a_live_one_are_refused(client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("life"))

    with pytest.raises(MlflowException) as restored:
        client.restore_experiment(experiment_id)
    client.delete_experiment(experiment_id)
    with pytest.raises(MlflowException) as deleted:
        client.delete_experiment(experiment_id)

    assert restored.value.error_code == deleted.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_renaming_an_experiment_to_a_taken_name_is_refused(client: MlflowClient, unique):
    taken, other = unique("taken"), unique("other")
    client.create_experiment(taken)
    experiment_id = client.create_experiment(other)

    with pytest.raises(MlflowException) as refusal:
        client.rename_experiment(experiment_id, taken)

    assert refusal.value.error_code in {"BAD_REQUEST", "RESOURCE_ALREADY_EXISTS"}


def test_an_artifact_location_that_leads_elsewhere_is_refused(client: MlflowClient, unique):
    for location in ("runs:/x/y", "http:///#/../../etc", "s3://bucket/x?../.."):
        with pytest.raises(MlflowException) as refusal:
            client.create_experiment(unique("elsewhere"), artifact_location=location)
        assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
