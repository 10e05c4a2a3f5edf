"""What was made of what, however far, as the running transaction sees it."""

import pytest

from accounts.roles import Action
from audit.operation import bulk_write, operation, require
from lineage import closure, keys
from lineage.facts import Flow, Place, Thing
from lineage.models import Edge, Mark
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, MarkKind, NodeKind

pytestmark = pytest.mark.django_db
A, B, C, D = (keys.run(letter * 32) for letter in "abcd")


@pytest.fixture
def link(contributor, project):
    @bulk_write
    def note(actor, flows):
        require(Action.VIEW, project)
        things = {key: Thing(NodeKind.RUN, key, key) for flow in flows for key in (flow.src, flow.dst)}
        record_facts(Place(project.pk), things.values(), flows)

    return lambda *pairs, kind=EdgeKind.USED: note(contributor, [Flow(src, dst, kind) for src, dst in pairs])


def test_it_goes_as_far_as_things_flowed(link):
    link((A, B), (B, C), (D, C))

    assert closure.made_from([A], "run:") == {B, C}
    assert closure.made_of([C], "run:") == {A, B, D}
    assert closure.made_of([C], keys.run("a")) == {A}
    assert closure.made_from([C], "run:") == closure.made_from(["run:local/unknown"], "run:") == set()


def test_it_ends_in_circles(link):
    link((A, B), (B, A))

    assert closure.made_from([A], "run:") == {B}


@pytest.mark.parametrize("kind", [EdgeKind.PART_OF, EdgeKind.HAS_VERSION, EdgeKind.ASSOCIATED])
def test_what_only_belongs_together_is_not_made_of_each_other(link, kind):
    link((A, B), kind=kind)

    assert closure.made_from([A], "run:") == set()


def test_what_is_the_same_counts_as_one(link):
    link((A, B), kind=EdgeKind.SAME_AS)
    link((B, C), (D, A))

    assert C in closure.made_from([A], "run:")
    assert D in closure.made_of([B], "run:")


def test_a_wrong_edge_leads_nowhere_until_it_is_right_after_all(link, contributor, project):
    link((A, B))

    def mark(kind, recorded_at):
        edge = Edge.objects.get()
        row = Mark(edge=edge, kind=kind, at=1, recorded_at=recorded_at, actor_id=contributor.user_id)
        write(contributor, row)

    @operation
    def write(actor, row):
        from audit.event_types import EventType
        from audit.operation import record

        require(Action.VIEW, project)
        row.save()
        record(EventType.PROJECT_UPDATED, project, after={})

    mark(MarkKind.RETRACTED, 1)
    assert closure.made_from([A], "run:") == set()
    mark(MarkKind.RESTORED, 2)
    assert closure.made_from([A], "run:") == {B}
    mark(MarkKind.RETRACTED, 3)
    assert closure.made_from([A], "run:") == set()
