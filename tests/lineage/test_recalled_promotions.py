"""What was made of something recalled is stamped, and is not promoted until somebody else lets it pass."""

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from accounts.operations import update_user
from approvals.actors import PROMOTIONS
from approvals.checks import check_request
from approvals.exceptions import ApprovalNeeded
from approvals.models import PromotionRequest, RequestState
from approvals.operations import open_request, refresh_request, waive_gate
from approvals.promotion import promote
from approvals.queries import newest_revision
from approvals.readiness import Readiness, check_version
from lineage import keys
from lineage.facts import Flow, Thing
from lineage.models import Node
from lineage.operations import clear_recall, recall_node
from lineage.queries.recalled import read_recall
from lineage.vocabulary import EdgeKind, NodeKind
from registry import operations
from registry.rules import Stage
from registry.stamps import stamps_of
from tests.approvals.conftest import model, no_worker, policy, set_policy, version  # noqa: F401
from tests.approvals.scene import age_roles
from tests.lineage.scene import data, note, run, used

DATA, RUN = data("loans"), run(1)


@pytest.fixture
def bad(contributor, project, version):  # noqa: F811
    """Data of which version 1 of `fraud` was made."""
    key = keys.model_version(version.model_id, version.number)
    thing = Thing(NodeKind.MODEL_VERSION, key, str(version))
    note(contributor, project, [DATA, RUN, thing], [used(DATA, RUN), Flow(RUN.key, key, EdgeKind.GENERATED)])
    return Node.objects.select_related("scope").get(key=DATA.key)


@pytest.fixture
def recall(bad, maintainer):
    return recall_node(maintainer, bad, reason="Labels were swapped.")


def words(version):  # noqa: F811
    version.refresh_from_db()
    return [stamp.word for stamp in stamps_of([version])[version.pk]]


def test_a_version_says_that_something_it_was_made_of_is_recalled(recall, version, viewer, session_of):  # noqa: F811
    page = session_of(viewer).get(f"/models/default/fraud/versions/{version.number}")

    assert words(version) == ["recalled input"]
    assert f"/lineage/recalls/{recall.pk}" in page.content.decode()


def test_a_promotion_is_blocked_even_where_nobody_is_asked(recall, version, contributor, project, admin):  # noqa: F811
    with pytest.raises(ApprovalNeeded):
        promote(contributor, version, Stage.STAGING)

    check = check_version(contributor, version, Stage.STAGING)
    assert check.readiness == Readiness.FAIL
    assert f"recall {recall.pk}" in check.sentence


def test_another_person_waives_it(policy, recall, version, contributor, approver):  # noqa: F811
    age_roles()
    with pytest.raises(ApprovalNeeded):
        promote(contributor, version, Stage.STAGING)
    request = PromotionRequest.objects.get()
    check_request(request.pk)
    assert newest_revision(request).gates.get().outcome == "fail"
    waive_gate(
        approver,
        request,
        f"recall {recall.pk}",
        reason="The swapped labels are not used here.",
        signed_in_at=timezone.now(),
    )
    check_request(request.pk)
    operations.transition_stage(contributor, version, Stage.STAGING)

    request.refresh_from_db()
    assert request.state == RequestState.EXECUTED
    assert [each.state for each in read_recall(contributor, recall).rows] == ["waived"]


def test_a_recall_voids_what_was_decided_before(policy, bad, version, contributor, maintainer):  # noqa: F811
    operations.transition_stage(contributor, version, Stage.STAGING)
    request = open_request(contributor, version, Stage.PRODUCTION)
    check_request(request.pk)
    recall = recall_node(maintainer, bad, reason="Labels were swapped.")
    request = refresh_request(PROMOTIONS, request)

    assert request.revision == 2
    assert [gate.name for gate in newest_revision(request).gates.all()] == [f"recall {recall.pk}"]


def test_a_cleared_recall_blocks_nothing(recall, version, approver, contributor):  # noqa: F811
    clear_recall(approver, recall, finding="The labels are right, the report was old.")

    promote(contributor, version, Stage.STAGING)

    assert "recalled input" not in words(version)


def test_the_owner_is_told_without_its_name(bad, maintainer, admin, contributor, django_capture_on_commit_callbacks):
    update_user(contributor, User.objects.get(pk=contributor.user.pk), email="contributor@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        recall = recall_node(maintainer, bad, reason="Labels were swapped.")

    (letter,) = [each for each in mail.outbox if each.to == ["contributor@example.org"]]
    assert "fraud" in letter.body
    assert f"/lineage/recalls/{recall.pk}" in letter.body
    assert "loans" not in letter.body + letter.subject
