"""Requests and checks by the native API."""

import pytest

from accounts.operations import grant_role
from accounts.roles import Role
from approvals.models import CheckResult, PromotionRequest, RequestState
from approvals.operations import open_request
from audit.models import AuditEvent
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, vote

VERSION = "/api/v1/registered-models/default/fraud/versions/1"
ASK = {"model": "fraud", "version": 1, "to_stage": "Production", "reason": "Better."}


def test_asking_twice_is_asking_once(policy, contributor, version, client_of):
    client = client_of(contributor)

    first = client.post("/api/v1/promotion-requests", ASK, content_type="application/json")
    second = client.post("/api/v1/promotion-requests", ASK, content_type="application/json")

    assert (first.status_code, first.json()["state"]) == (201, "checking")
    assert first.json()["id"] == second.json()["id"]


def test_a_request_shows_what_is_decided_on(request_, viewer, client_of):
    shown = client_of(viewer).get(f"/api/v1/promotion-requests/{request_.pk}").json()

    assert shown["state"] == "awaiting_approval"
    assert len(shown["subject"]) == 10  # the nine members, and the version of their form
    assert len(shown["subject_digest"]) == 64
    assert shown["url"].endswith(f"/requests/{request_.pk}")


def test_an_outsider_finds_no_request(request_, outsider, client_of):
    client = client_of(outsider)

    assert client.get(f"/api/v1/promotion-requests/{request_.pk}").status_code == 404
    assert client.get("/api/v1/promotion-requests").json()["results"] == []
    assert client.get(f"{VERSION}/check").status_code == 404


def test_requests_are_listed_by_state_with_a_fixed_number_of_queries(request_, viewer, client_of, queries_of):
    client = client_of(viewer)

    assert len(client.get("/api/v1/promotion-requests?state=open").json()["results"]) == 1
    assert client.get("/api/v1/promotion-requests?state=executed").json()["results"] == []
    assert queries_of(client, "/api/v1/promotion-requests") <= 4
    assert queries_of(client, f"/api/v1/promotion-requests/{request_.pk}") <= 7


def test_a_token_cancels_its_owners_request_but_decides_nothing(request_, contributor, client_of):
    client = client_of(contributor)

    answer = client.post(f"/api/v1/promotion-requests/{request_.pk}/cancel", {"reason": "Not yet."}, "application/json")

    assert answer.json()["state"] == "cancelled"
    assert client.post(f"/api/v1/promotion-requests/{request_.pk}/approve", {}, "application/json").status_code == 404


def test_a_transition_says_where_people_decide(policy, contributor, version, client_of):
    answer = client_of(contributor).post(f"{VERSION}/transition", {"stage": "Production"}, "application/json")

    request = PromotionRequest.objects.get()
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "RESOURCE_CONFLICT"
    assert answer.json()["request"] == request.pk
    assert f"Request {request.pk}: " in answer.json()["message"]


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"approvals": 0}, "pass"),
        ({}, "needs_approval"),
        ({"skip_staging": "false"}, "fail"),
        ({"gates": "[{type: required_tags, keys: [owner_team]}]"}, "fail"),
    ],
)
def test_a_check_says_beforehand_what_would_happen(given, result, set_policy, viewer, version, client_of):
    set_policy(**given)

    said = client_of(viewer).get(f"{VERSION}/check?to=Production").json()

    assert said["result"] == result
    assert not PromotionRequest.objects.exists()


def test_a_service_posts_the_result_of_a_check(policy, cast, version, client_of):
    robot = cast("robot", Role.CONTRIBUTOR)
    result = {"name": "evaluation", "passed": True, "url": "https://ci.example.org/7"}

    answer = client_of(robot).post(f"{VERSION}/check-results", result, "application/json")

    assert answer.status_code == 201
    assert CheckResult.objects.get().passed


def test_a_viewer_posts_no_result(policy, viewer, version, client_of):
    answer = client_of(viewer).post(f"{VERSION}/check-results", {"name": "x", "passed": True}, "application/json")

    assert answer.status_code == 403
    assert not CheckResult.objects.exists()


def test_the_same_call_succeeds_after_the_approval(request_, approver, contributor, version, client_of, set_policy):
    vote(approver, checked(request_))

    answer = client_of(contributor).post(f"{VERSION}/transition", {"stage": "Production"}, "application/json")
    assert answer.status_code == 200
    request_.refresh_from_db()
    assert request_.state == RequestState.EXECUTED


def test_a_ci_job_takes_an_approved_step_once_with_one_key(set_policy, contributor, approver, version, client_of):
    set_policy(execute="on_call")
    age_roles()
    client = client_of(contributor)
    send = {
        "data": {"stage": "Production"},
        "content_type": "application/json",
        "headers": {"Idempotency-Key": "job-7"},
    }

    assert client.post(f"{VERSION}/transition", **send).status_code == 409
    vote(approver, checked(PromotionRequest.objects.get()))
    done = [client.post(f"{VERSION}/transition", **send) for _ in range(2)]

    assert [answer.status_code for answer in done] == [200, 200]
    assert done[0].json() == done[1].json()
    assert AuditEvent.objects.filter(action="promotion_request.executed").count() == 1


def test_gates_do_not_quote_runs_that_the_caller_may_not_see(
    set_policy, candidate, contributor, outsider, admin, model, client_of
):
    set_policy(gates="[{type: metric_threshold, metric: auc, at_least: 0.95}]")
    request = checked(open_request(contributor, candidate, Stage.PRODUCTION))
    grant_role(admin, outsider.user, Role.VIEWER, model, reason="Only this model.")
    addresses = [
        f"/api/v1/promotion-requests/{request.pk}",
        f"/api/v1/registered-models/default/fraud/versions/{candidate.number}/check?to=Production",
    ]

    for address in addresses:
        assert "0.9" in client_of(contributor).get(address).text
        hidden = client_of(outsider).get(address)
        assert hidden.status_code == 200
        assert "It is about a run that you may not see." in hidden.text
        assert "auc is 0.9" not in hidden.text
        assert '"0.9' not in hidden.text
