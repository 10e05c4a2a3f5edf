"""What somebody found bad shows on everything made of it, until it is out of use, waived or cleared."""

import pytest

from accounts.principals import Principal
from audit.exceptions import Hidden, InvalidInput, PermissionDenied
from audit.models import AuditEvent
from lineage.exceptions import MayNotClear, RecallCleared, RecalledAlready, RecallNotFound
from lineage.models import Mark, Node, Recall
from lineage.operations import clear_recall, recall_node, waive_recall
from lineage.queries.recalled import find_recall, list_recalls, read_recall, recalls_behind
from lineage.vocabulary import MarkKind
from tests.lineage.scene import data, deployed, deployment, made, model, note, run, used

DATA, RUN, MODEL, LIVE = data("loans"), run(1), model(1), deployment(1)
OTHER = model(2)


@pytest.fixture
def graph(contributor, project) -> dict[str, int]:
    return note(
        contributor,
        project,
        [DATA, RUN, MODEL, LIVE, OTHER],
        [used(DATA, RUN), made(RUN, MODEL), deployed(MODEL, LIVE)],
    )


@pytest.fixture
def bad(graph) -> Node:
    return Node.objects.select_related("scope").get(pk=graph[DATA.key])


@pytest.fixture
def recall(bad, maintainer) -> Recall:
    return recall_node(maintainer, bad, reason="Labels were swapped.")


def test_a_recall_reaches_everything_made_of_it(recall, viewer):
    shown = read_recall(viewer, recall)

    assert [(each.node.key, each.state) for each in shown.rows] == [(LIVE.key, "live"), (MODEL.key, "out")]
    assert (shown.total, shown.live, shown.contained) == (2, 1, 1)
    assert recalls_behind([MODEL.key, OTHER.key]) == {MODEL.key: [recall.pk]}


def test_a_recall_is_recorded_and_marked(recall, bad, maintainer):
    event = AuditEvent.objects.get(action="recall.begun")

    assert (event.actor_uid, event.object_label) == (maintainer.uid, "loans")
    assert Mark.objects.get(node=bad).kind == MarkKind.RECALLED


def test_what_is_made_later_is_reached_too(recall, contributor, project, viewer):
    later, version = run(2), model(3)
    note(contributor, project, [DATA, later, version], [used(DATA, later), made(later, version)])

    assert version.key in {each.node.key for each in read_recall(viewer, recall).rows}


def test_who_may_not_lower_stages_may_not_recall(bad, contributor, outsider):
    with pytest.raises(PermissionDenied):
        recall_node(contributor, bad, reason="Labels were swapped.")
    with pytest.raises(Hidden):
        recall_node(outsider, bad, reason="Labels were swapped.")

    assert not Recall.objects.exists()


def test_a_recall_has_a_reason(bad, maintainer):
    with pytest.raises(InvalidInput):
        recall_node(maintainer, bad, reason="bad")


def test_nothing_is_recalled_twice_at_once(recall, bad, approver):
    with pytest.raises(RecalledAlready):
        recall_node(approver, bad, reason="Labels were swapped, I think.")

    assert Recall.objects.get().pk == recall.pk


def test_another_person_clears_a_recall(recall, approver, viewer):
    clear_recall(approver, recall, finding="The labels are right, the report was old.")

    assert recalls_behind([MODEL.key]) == {}
    assert not read_recall(viewer, Recall.objects.get()).is_open
    assert AuditEvent.objects.get(action="recall.cleared").actor_uid == approver.uid


def test_nobody_clears_their_own_recall(bad, approver):
    mine = recall_node(approver, bad, reason="Labels were swapped.")

    with pytest.raises(MayNotClear):
        clear_recall(approver, mine, finding="I was wrong about that.")


def test_a_maintainer_does_not_clear(recall, cast):
    from accounts.roles import Role

    with pytest.raises(PermissionDenied):
        clear_recall(cast("second", Role.MAINTAINER), recall, finding="It looks right to me.")


def test_a_token_does_not_clear(recall, approver):
    from accounts.operations import issue_token_for
    from accounts.principals import CONSOLE

    token, _ = issue_token_for(CONSOLE, approver.user, name="ci")

    with pytest.raises(PermissionDenied):
        clear_recall(Principal(approver.user, auth="token", token=token), recall, finding="It looks right to me.")


def test_a_recall_is_cleared_once(recall, approver):
    clear_recall(approver, recall, finding="The labels are right, the report was old.")

    with pytest.raises(RecallCleared):
        clear_recall(approver, recall, finding="The labels are right, the report was old.")


def test_an_approver_lets_something_stay(recall, approver, graph, viewer):
    live = Node.objects.select_related("scope").get(pk=graph[LIVE.key])

    waive_recall(approver, recall, live, reason="It only reads what is right.")

    assert [each.state for each in read_recall(viewer, recall).rows] == ["waived", "out"]
    assert AuditEvent.objects.get(action="recall.waived").actor_uid == approver.uid


def test_who_recalled_waives_nothing(bad, approver, graph):
    mine = recall_node(approver, bad, reason="Labels were swapped.")

    with pytest.raises(MayNotClear):
        waive_recall(approver, mine, Node.objects.get(pk=graph[LIVE.key]), reason="It only reads what is right.")


def test_who_sees_nothing_of_it_sees_no_recall(recall, outsider):
    assert list_recalls(outsider, is_open=True, limit=10) == []
    with pytest.raises(RecallNotFound):
        find_recall(outsider, recall.pk)


def test_who_sees_only_what_was_made_of_it_does_not_learn_what_it_is(
    secret, keeper, contributor, project, viewer, fresh
):
    keeper = fresh(keeper)
    hidden, theirs, ours, version = data("patients", 7), run(10), run(11), model(9)
    between = data("aggregate", 8)
    note(keeper, secret, [hidden, theirs, between], [used(hidden, theirs), made(theirs, between)])
    note(contributor, project, [between, ours, version], [used(between, ours), made(ours, version)])
    node = Node.objects.select_related("scope").get(key=hidden.key)
    recall = recall_node(keeper, node, reason="Names of patients are in it.")

    (shown,) = list_recalls(viewer, is_open=True, limit=10)

    assert (shown.number, shown.node, shown.reason, shown.actor) == (recall.pk, None, "", None)
    assert [each.node.key for each in shown.rows] == [version.key]
    assert recalls_behind([version.key]) == {version.key: [recall.pk]}


def test_a_list_costs_the_same_however_long(recall, viewer, contributor, maintainer, project, session_of, queries_of):
    browser = session_of(viewer)
    one = queries_of(browser, "/lineage/recalls")
    for number in range(20, 23):
        thing = data("more", number)
        note(contributor, project, [thing])
        recall_node(maintainer, Node.objects.select_related("scope").get(key=thing.key), reason="It is bad as well.")

    assert queries_of(browser, "/lineage/recalls") == one <= 20
