"""The pages of requests, as the people use them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.operations import grant_role
from accounts.roles import Role
from approvals.models import PromotionRequest, RequestComment, RequestState
from approvals.operations import add_comment, open_request
from approvals.queries import newest_revision
from registry.models import ModelVersion
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote
from tests.conftest import PASSWORD


def digest_of(request):
    return newest_revision(request).subject_digest


@pytest.fixture
def browser_of(session_of):
    """A browser in which somebody has just given their password."""

    def make(person, minutes_ago=0):
        browser = session_of(person)
        session = browser.session
        session["password_at"] = int((timezone.now() - timedelta(minutes=minutes_ago)).timestamp())
        session.save()
        return browser

    return make


def test_the_inbox_shows_an_approver_what_waits(request_, approver, contributor, browser_of):
    assert "fraud v1" in browser_of(approver).get("/requests").text
    assert "Nothing waits for you" in browser_of(contributor).get("/requests").text
    assert "fraud v1" in browser_of(contributor).get("/requests?show=mine").text


def test_the_menu_counts_what_waits(request_, approver, viewer, browser_of):
    assert "waiting: </span>1<" in browser_of(approver).get("/models").text
    assert "waiting: " not in browser_of(viewer).get("/models").text


def test_an_approver_approves_on_the_page(request_, approver, browser_of):
    answer = browser_of(approver).post(
        f"/requests/{request_.pk}/decide", {"verdict": "approve", "subject_digest": digest_of(request_)}, follow=True
    )

    assert "Approved, and carried out." in answer.text
    assert ModelVersion.objects.get().stage == "Production"


def test_deciding_needs_the_password_given_lately(request_, approver, browser_of):
    browser = browser_of(approver, minutes_ago=60)

    page = browser.get(f"/requests/{request_.pk}").text
    assert "/password-again?next=/requests/" in page
    assert 'name="verdict"' not in page

    browser.post("/password-again", {"password": PASSWORD, "next": f"/requests/{request_.pk}"})
    assert 'name="verdict"' in browser.get(f"/requests/{request_.pk}").text


def test_a_wrong_password_is_said_at_its_field(request_, approver, browser_of):
    answer = browser_of(approver).post("/password-again", {"password": "wrong", "next": "/requests"})

    assert "This is not your password." in answer.text


def test_a_rejection_without_a_reason_keeps_what_was_typed(request_, approver, browser_of):
    answer = browser_of(approver).post(
        f"/requests/{request_.pk}/decide", {"verdict": "reject", "subject_digest": digest_of(request_)}
    )

    assert "Say why" in answer.text
    assert fresh(request_).state == RequestState.AWAITING


def test_the_requester_is_told_why_not(request_, contributor, browser_of):
    page = browser_of(contributor).get(f"/requests/{request_.pk}").text

    assert "somebody else has to decide" in page
    assert 'name="verdict"' not in page


def test_the_page_is_not_there_for_outsiders(request_, outsider, browser_of):
    assert browser_of(outsider).get(f"/requests/{request_.pk}").status_code == 404


def test_a_viewer_comments_and_markup_stays_text(request_, viewer, browser_of):
    browser = browser_of(viewer)
    browser.post(f"/requests/{request_.pk}/comment", {"text": "Looks **good** <script>alert(1)</script>"})

    page = browser.get(f"/requests/{request_.pk}").text
    assert "<strong>good</strong>" in page
    assert "<script>alert" not in page
    assert RequestComment.objects.get().author == viewer.user


def test_the_requester_cancels(request_, contributor, browser_of):
    browser = browser_of(contributor)

    assert "Nobody can decide on it any more" in browser.get(f"/requests/{request_.pk}/cancel").text
    browser.post(f"/requests/{request_.pk}/cancel", {"reason": "Not yet."})
    assert fresh(request_).state == RequestState.CANCELLED


def test_moving_a_version_on_its_page_opens_the_request(policy, contributor, version, browser_of):
    browser = browser_of(contributor)
    address = "/models/default/fraud/versions/1/transition?to=Production"

    assert "asks for 1 person other than you to approve" in browser.get(address).text
    answer = browser.post(address, {"reason": "Better."}, follow=True)

    request = PromotionRequest.objects.get()
    assert answer.redirect_chain[-1][0].endswith(f"/requests/{request.pk}")
    assert "needs 1 more approval" in answer.text


def test_the_request_shows_what_differs_from_the_incumbent(candidate, set_policy, contributor, approver, browser_of):
    set_policy()
    age_roles()
    revise_version_card(contributor, candidate, {"limitations": "Not at night.\nNot abroad."}, based_on=0)
    request = checked(open_request(contributor, candidate, Stage.PRODUCTION))

    page = browser_of(approver).get(f"/requests/{request.pk}").text

    told = re.findall(r'<strong>([^<]+)</strong> <span class="soft small">([^<]+)</span></summary>', page)
    assert dict(told) == {
        "Params": "2 differ",
        "Metrics": "2 differ",
        "Data": "1 differs",
        "Code and image": "1 differs, 1 the same",
        "Card": "1 differs",
    }
    assert "+0.09 (+11.1 %) better" in re.sub(r"<[^>]+>", "", page)
    assert "Not abroad." in page


def test_the_diff_stays_when_the_step_was_taken(candidate, set_policy, contributor, approver, browser_of):
    set_policy()
    age_roles()
    vote(approver, checked(open_request(contributor, candidate, Stage.PRODUCTION)))

    page = browser_of(approver).get(f"/requests/{PromotionRequest.objects.get().pk}").text

    assert "Beside the version that made room" in page
    assert "<strong>Params</strong>" in page


def test_gates_do_not_quote_runs_that_the_reader_may_not_see(
    candidate, set_policy, admin, contributor, approver, outsider, model, browser_of
):
    set_policy(gates="[{type: metric_threshold, metric: auc, at_least: 0.95}]")
    request = checked(open_request(contributor, candidate, Stage.PRODUCTION))
    grant_role(admin, outsider.user, Role.VIEWER, model, reason="Only this model.")

    assert "Its auc is 0.9," in browser_of(approver).get(f"/requests/{request.pk}").text
    page = browser_of(outsider).get(f"/requests/{request.pk}").text
    assert "It is about a run that you may not see." in page
    assert "0.9," not in page


@pytest.mark.parametrize("size", [2, 90])
def test_the_page_asks_the_same_number_of_questions_however_long_it_is(
    size, incumbent, version_of_run, set_policy, contributor, approver, cast, browser_of, queries_of
):
    gates = ", ".join(f"{{type: required_tags, name: gate {n}, keys: [k{n}]}}" for n in range(200 if size > 2 else 2))
    set_policy(gates=f"[{gates}]", approvals=2)
    for number in range(size // 10):
        cast(f"approver-{number}", Role.APPROVER)
    age_roles()
    candidate = version_of_run(0.9, [(f"p{n}", str(n)) for n in range(size)])
    revise_version_card(contributor, candidate, {"limitations": "Not at night."}, based_on=0)
    request = checked(open_request(contributor, candidate, Stage.PRODUCTION))
    for number in range(size + 10):
        add_comment(contributor, request, f"Remark {number}")

    assert queries_of(browser_of(approver), f"/requests/{request.pk}") == 20
