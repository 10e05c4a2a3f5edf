"""Every process sees what any of them has committed, whatever is being built meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from unittest import mock

import numpy as np
import pytest
from django.db import connection, connections, transaction

from accounts.roles import Action
from audit.operation import bulk_write, require
from lineage import keys
from lineage.engine import building, current, graph_for, snapshots
from lineage.engine.base import Adjacency, build
from lineage.engine.bulk import read_everything
from lineage.engine.rows import read_since
from lineage.facts import Flow, Place, Thing
from lineage.models import Edge, Node
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, NodeKind


@bulk_write
def note(actor, project, things, flows=()):
    require(Action.VIEW, project)
    return record_facts(Place(project.pk), things, flows)


def run(number):
    return Thing(NodeKind.RUN, keys.run(f"{number:032x}"), f"run {number}", at=1 + number)


def chain(begin, end):
    """Runs, each of which came from the one before."""
    return [run(n) for n in range(begin, end)], [
        Flow(run(n - 1).key, run(n).key, EdgeKind.USED) for n in range(max(begin, 1), end)
    ]


def reached(viewer, number=0):
    seen = graph_for(viewer)
    return seen.reach(seen.starts([run(number).key])).total


@pytest.fixture(autouse=True)
def _fresh_process(tmp_path):
    with mock.patch.object(snapshots, "folder", return_value=tmp_path / "lineage"):
        current.forget()
        yield
        current.forget()


def elsewhere(function, *args):
    """Call it on another connection, as another process would."""

    def call():
        try:
            return function(*args)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@pytest.mark.django_db(transaction=True)
def test_what_another_has_committed_is_in_the_next_answer(contributor, project):
    note(contributor, project, *chain(0, 3))
    assert reached(contributor) == 3

    elsewhere(note, contributor, project, *chain(3, 5))

    assert reached(contributor) == 5
    assert elsewhere(reached, contributor) == 5


@pytest.mark.django_db(transaction=True)
def test_a_transaction_sees_its_own_writes_and_leaves_nothing_when_it_is_rolled_back(contributor, project):
    note(contributor, project, *chain(0, 3))
    reached(contributor)

    things, flows = chain(3, 5)
    with transaction.atomic():
        scope_id = Node.objects.first().scope_id
        for thing in things:
            Node.objects.create(
                kind=7, key=thing.key, key_hash=keys.hash_of(thing.key), scope_id=scope_id, label="x", created_at=1,
                recorded_at=1, pinned=True,
            )  # fmt: skip
        ids = dict(Node.objects.values_list("key", "pk"))
        for flow in flows:
            Edge.objects.create(src_id=ids[flow.src], dst_id=ids[flow.dst], kind=1, at=1, recorded_at=1)
        assert reached(contributor) == 5
        transaction.set_rollback(True)
    assert reached(contributor) == 3


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_not_lost(contributor, project):
    note(contributor, project, *chain(0, 2))
    assert reached(contributor) == 2
    first, second = Node.objects.values_list("pk", flat=True).order_by("pk")
    things, _ = chain(2, 4)
    note(contributor, project, things)
    late, early = (Node.objects.get(key=thing.key).pk for thing in things)
    written, go_on = threading.Event(), threading.Event()

    def write_late():
        with transaction.atomic():
            Edge.objects.create(src_id=first, dst_id=late, kind=1, at=1, recorded_at=1)
            written.set()
            assert go_on.wait(20)

    writer = threading.Thread(target=lambda: (write_late(), connections.close_all()))
    writer.start()
    assert written.wait(20)
    Edge.objects.create(src_id=second, dst_id=early, kind=1, at=1, recorded_at=1)  # a higher number, committed first
    assert reached(contributor) == 3
    page_one = graph_for(contributor).version
    go_on.set()
    writer.join()

    assert Edge.objects.order_by("seq").last().dst_id == early
    assert reached(contributor) == 4
    then = graph_for(contributor, version=page_one)
    assert then.reach(then.starts([run(0).key])).total == 3


@pytest.mark.django_db(transaction=True)
def test_a_page_shows_the_graph_of_its_version(contributor, project):
    note(contributor, project, *chain(0, 5))
    seen = graph_for(contributor)
    _, after = seen.reach(seen.starts([run(0).key])).first(2)
    note(contributor, project, *chain(5, 9))

    for forget in (False, True):
        if forget:
            current.forget()
            building.build_if_due(0)
        then = graph_for(contributor, version=seen.version)
        page, rest = then.reach(then.starts([run(0).key])).first(9, after)
        assert page.depths.tolist() == [2, 3, 4]
        assert rest is None
    assert reached(contributor) == 9


@pytest.mark.django_db(transaction=True)
def test_arrays_read_in_bulk_are_those_of_the_rows(contributor, project):
    note(contributor, project, *chain(0, 40))
    bulk, rows = read_everything(), build(read_since(None))

    for field in ("ids", "kinds", "sets", "created", "recorded", "mark_rows"):
        assert np.array_equal(getattr(bulk, field), getattr(rows, field)), field
    for field in fields(Adjacency):
        assert np.array_equal(getattr(bulk.flow, field.name), getattr(rows.flow, field.name)), field.name
    assert bulk.anchor == rows.anchor


@pytest.mark.django_db(transaction=True)
def test_bases_are_built_while_others_walk(contributor, project):
    note(contributor, project, *chain(0, 50))
    building.build_if_due(0)
    wrong: list[int] = []
    done = threading.Event()

    def look():
        least = 50
        while not done.is_set():
            total = reached(contributor)
            if total < least:
                wrong.append(total)
            least = total
        connections.close_all()

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for begin in range(50, 80, 10):
        note(contributor, project, *chain(begin, begin + 10))
        assert building.build_if_due(1)
    done.set()
    for reader in readers:
        reader.join()

    assert not wrong
    assert reached(contributor) == 80
    assert current._process.index.base.size == 80
    assert len(list(snapshots.folder().glob("base-*"))) <= snapshots.KEPT


@pytest.mark.django_db(transaction=True)
def test_a_builder_that_dies_leaves_the_base_before(contributor, project):
    note(contributor, project, *chain(0, 5))
    building.build_if_due(0)
    name = snapshots.newest()
    note(contributor, project, *chain(5, 8))
    saved = []

    def die(path, array):
        saved.append(path)
        if len(saved) == 7:
            raise KeyboardInterrupt
        path.write_bytes(b"")

    with mock.patch.object(snapshots.np, "save", die), pytest.raises(KeyboardInterrupt):
        building.build_if_due(1)
    assert snapshots.newest() == name
    assert reached(contributor) == 8

    assert building.build_if_due(1)
    assert snapshots.newest() != name
    assert not list(snapshots.folder().glob("building-*"))
    current.forget()
    assert reached(contributor) == 8


@pytest.mark.django_db(transaction=True)
def test_only_one_builds(contributor, project):
    note(contributor, project, *chain(0, 5))

    with snapshots.building() as mine:
        assert mine
        assert not building.build_if_due(0)
    assert building.build_if_due(0)
    assert not building.build_if_due(1)


@pytest.mark.django_db(transaction=True)
def test_arrays_of_another_database_are_not_used(contributor, project):
    note(contributor, project, *chain(0, 5))
    building.build_if_due(0)
    base = snapshots.load(snapshots.newest())
    with mock.patch.object(building, "_next_base", return_value=mock_moved(base)):
        assert building.build_if_due(0)

    assert reached(contributor) == 5
    assert building.build_if_due(10_000)


def mock_moved(base):
    """The same base as if its last node had been recorded at another moment."""
    from dataclasses import replace

    from lineage.engine.rows import Anchor

    node, moment = base.anchor.node
    return replace(base, anchor=Anchor((node, moment + 1), base.anchor.edge))


@pytest.mark.django_db(transaction=True)
def test_a_large_graph_without_arrays_is_walked_in_the_database(contributor, project):
    note(contributor, project, *chain(0, 9))

    with mock.patch.object(current, "SMALL", 5), mock.patch.object(current, "build_soon") as soon:
        assert reached(contributor) == 9
        soon.assert_called()


@pytest.mark.django_db
def test_a_question_costs_the_same_however_much_it_finds(contributor, project, django_assert_num_queries):
    for begin in (0, 40):
        note(contributor, project, *chain(begin, begin + 40))
        start = Node.objects.get(key=run(0).key).pk
        contributor.grants  # noqa: B018  (read once per request)
        with django_assert_num_queries(4):  # how large it is, rows, scopes, closed projects
            graph_for(contributor).reach([start])


def test_a_base_is_not_built_of_what_is_not_committed(contributor, project):
    assert connection.in_atomic_block
    with pytest.raises(RuntimeError):
        building.build_if_due()
