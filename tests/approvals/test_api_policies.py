"""Policies by the native API: everything reads and checks, only people who are signed in change."""

import pytest

from approvals.models import PolicyAssignment, PolicyVersion
from registry.operations import set_inheritance
from tests.approvals.scene import policy_text, vote
from tests.native_api import call, results

POLICIES = "/projects/default/policies"
ASSIGNMENTS = "/projects/default/policy-assignments"


@pytest.fixture
def publish(admin, session_of):
    """Publishes a policy by API, in a browser of the project admin."""

    def make(**given):
        return call(session_of(admin), "post", POLICIES, {"text": policy_text(**given), "comment": "New."}, status=201)

    return make


def test_all_policies_are_listed_and_shown_with_their_text(viewer, client_of, publish):
    made = publish(name="risk")
    client = client_of(viewer)

    listed = {(each["name"], each["author"]) for each in results(client, POLICIES)}
    assert listed == {("solo", None), ("four-eyes", None), ("regulated", None), ("risk", "admin")}
    shown = call(client, "get", f"{POLICIES}/risk/1")
    assert shown == made
    assert (shown["comment"], shown["text"]) == ("New.", policy_text(name="risk"))
    assert call(client, "get", f"{POLICIES}/solo/1")["author"] is None
    call(client, "get", f"{POLICIES}/risk/2", status=404)


def test_an_outsider_finds_nothing(outsider, client_of):
    client = client_of(outsider)

    for path in (POLICIES, f"{POLICIES}/solo/1", f"{POLICIES}/solo/1/diff", ASSIGNMENTS):
        call(client, "get", path, status=404)
    for path in (f"{POLICIES}/validate", f"{POLICIES}/rehearse", POLICIES):
        call(client, "post", path, {"text": policy_text()}, status=404)


@pytest.mark.parametrize("path", [POLICIES, ASSIGNMENTS])
def test_no_token_changes_a_policy_and_the_answer_says_so(admin, client_of, path):
    body = {"text": policy_text(), "policy": "four-eyes", "number": 1}

    answer = call(client_of(admin), "post", path, body, status=403)

    assert "A token cannot do this: sign in with your password." in answer["message"]
    assert not PolicyVersion.objects.filter(name="test-policy").exists()


def test_a_maintainer_publishes_nothing(maintainer, session_of):
    call(session_of(maintainer), "post", POLICIES, {"text": policy_text()}, status=403)


def test_a_job_validates_a_policy_with_a_token(viewer, client_of):
    client = client_of(viewer)
    text = policy_text().replace("approvals: 1", "approvals: many").replace("cool_down_hours", "cooldown")

    said = call(client, "post", f"{POLICIES}/validate", {"text": text})
    assert said["is_valid"] is False
    assert [error["line"] for error in said["errors"]] == [5, 14]
    assert "cooldown" in said["errors"][0]["message"]

    said = call(client, "post", f"{POLICIES}/validate", {"text": policy_text()})
    assert (said["is_valid"], said["errors"], said["name"], said["held"]) == (True, [], "test-policy", "solo 1")
    assert said["difference"]["asks_less"] == []
    assert any("approval" in more for more in said["difference"]["asks_more"])
    assert "+name: test-policy" in said["difference"]["diff"]
    assert not PolicyVersion.objects.filter(name="test-policy").exists()


def test_publishing_a_wrong_text_names_its_lines(admin, session_of):
    answer = call(session_of(admin), "post", POLICIES, {"text": "schema: 2\n"}, status=400)

    assert answer["errors"][0]["line"] == 1


def test_what_asks_for_more_holds_at_once_and_less_waits_for_a_second_person(admin, approver, session_of, publish):
    publish(name="risk")
    browser, other = session_of(admin), session_of(approver)

    first = call(browser, "post", ASSIGNMENTS, {"policy": "risk", "number": 1, "reason": "Audit."}, status=201)
    assert first["since"] is not None
    assert call(browser, "get", "/projects/default/policy")["policy"] == "risk 1"

    second = call(browser, "post", ASSIGNMENTS, {"policy": "solo", "number": 1}, status=201)
    assert second["since"] is None
    assert call(browser, "get", "/projects/default/policy")["proposed"] == "solo 1"
    assert call(browser, "get", f"{POLICIES}/solo/1/diff")["asks_less"] != []

    mine = call(browser, "post", f"{ASSIGNMENTS}/{second['id']}/agree", {}, status=403)
    assert "somebody else has to agree" in mine["message"]
    agreed = call(other, "post", f"{ASSIGNMENTS}/{second['id']}/agree", {"reason": "Fine."})
    assert agreed["agreed_by"] == "approver"
    assert call(browser, "get", "/projects/default/policy")["policy"] == "solo 1"
    call(other, "post", f"{ASSIGNMENTS}/{second['id']}/agree", {}, status=409)


def test_a_proposal_is_withdrawn(admin, session_of, client_of, publish):
    publish(name="risk")
    browser = session_of(admin)
    call(browser, "post", ASSIGNMENTS, {"policy": "risk", "number": 1}, status=201)
    proposed = call(browser, "post", ASSIGNMENTS, {"policy": "solo", "number": 1}, status=201)

    for what in ("agree", "withdraw"):
        assert (
            "token"
            in call(client_of(admin), "post", f"{ASSIGNMENTS}/{proposed['id']}/{what}", {}, status=403)["message"]
        )
    withdrawn = call(browser, "post", f"{ASSIGNMENTS}/{proposed['id']}/withdraw", {"reason": "No."})

    assert withdrawn["until"] is not None
    assert PolicyAssignment.objects.current().get(project__slug="default").policy.name == "risk"


def test_a_policy_is_rehearsed_before_and_after_it_is_published(request_, approver, viewer, client_of, publish):
    vote(approver, request_)
    strict = {"name": "strict", "gates": '[{type: required_tags, keys: ["validated"]}]', "approvals": 2}
    client = client_of(viewer)

    said = call(client, "post", f"{POLICIES}/rehearse", {"text": policy_text(**strict)})
    assert (said["judged"], said["would_block"], said["live"]) == (1, 1, 1)
    assert (said["blocked"][0]["model"], said["blocked"][0]["version"]) == ("fraud", 1)
    assert said["blocked"][0]["reasons"][0] == "1 approval would have been missing"

    publish(**strict)
    assert call(client, "get", f"{POLICIES}/strict/1/rehearsal") == said


def test_what_one_may_not_see_is_counted_but_not_named(
    request_, approver, admin, viewer, client_of, publish, session_of
):
    vote(approver, request_)
    publish(name="two", approvals=2)
    call(session_of(admin), "post", ASSIGNMENTS, {"policy": "two", "number": 1, "model": "fraud"}, status=201)
    set_inheritance(admin, request_.model, inherits=False)
    client = client_of(viewer)

    said = call(client, "get", f"{POLICIES}/two/1/rehearsal")
    assert (said["would_block"], said["blocked"]) == (1, [])
    assert all(each["model"] is None for each in results(client, ASSIGNMENTS))


def test_lists_cost_a_fixed_number_of_queries(viewer, client_of, queries_of, publish):
    client = client_of(viewer)
    for path in (POLICIES, ASSIGNMENTS):
        few = queries_of(client, f"/api/v1{path}")
        publish(name=f"more-{path.rpartition('/')[2]}")
        assert queries_of(client, f"/api/v1{path}") == few <= 6
