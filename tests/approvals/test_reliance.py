"""While a promotion is being decided, nothing the version was made of may be deleted."""

import json

import pytest

from approvals.operations import cancel_request, open_request
from registry.operations import create_model_version
from registry.reliance import relied_on
from registry.rules import Stage
from tests.approvals.scene import age_roles
from tests.tracking.conftest import pairs
from tracking import operations as tracking
from tracking.exceptions import StillNeeded


def test_a_version_asked_for_is_relied_on_until_the_request_is_closed(request_, contributor):
    version = request_.version_id

    assert relied_on([version]) == {version: f"has an open request for {request_.to_stage}"}
    assert relied_on([version + 1]) == relied_on([]) == {}
    cancel_request(contributor, request_)
    assert relied_on([version]) == {}


def test_what_it_was_made_of_stays_meanwhile(policy, contributor, approver, project, model):
    def run(context):
        uid = tracking.create_run(contributor, project, experiment_id="0").head.uid
        source = {"name": "d", "digest": "d1", "source_type": "s3", "source": json.dumps({"uri": "s3://b/x"})}
        tagged = {"dataset": source, "tags": pairs({"mlflow.data.context": context})}
        tracking.log_inputs(contributor, project, uid, datasets=[tagged])
        return uid

    prepared, trained = run("output"), run("train")
    version = create_model_version(contributor, model, f"runs:/{trained}/m", run_uid=trained)
    age_roles()
    open_request(contributor, version, Stage.PRODUCTION, reason="Better on new cards.")

    for uid in (prepared, trained):
        with pytest.raises(StillNeeded, match="fraud/1 has an open request for Production"):
            tracking.delete_run(contributor, project, uid)
