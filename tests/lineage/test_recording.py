"""Facts are added once, with the operation that makes them true."""

import pytest
from django.db import DatabaseError, transaction

from accounts.roles import Action
from audit.operation import OperationMisused, bulk_write, require
from lineage import keys
from lineage.facts import Flow, Place, Thing
from lineage.models import Edge, Node, Share
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, EdgeRole, NodeKind

RUN = Thing(NodeKind.RUN, keys.run("a" * 32), "bold-fox-1")
DATA = Thing(NodeKind.DATASET_VERSION, keys.dataset_version("s3", "loans", "sha256", "1" * 64), "loans")
READ = Flow(DATA.key, RUN.key, EdgeKind.USED, EdgeRole.TRAIN)


@bulk_write
def note(actor, project, *facts, **more):
    require(Action.VIEW, project)
    return record_facts(Place(project.pk, **more), *facts)


def test_a_fact_said_twice_is_there_once(contributor, project):
    first = note(contributor, project, [RUN, DATA], [READ])
    again = note(contributor, project, [RUN, DATA], [READ])

    assert first == again
    assert Node.objects.count() == 2
    assert Edge.objects.get().role == EdgeRole.TRAIN
    assert not Share.objects.exists()


def test_what_is_seen_elsewhere_too_is_shared(contributor, project):
    note(contributor, project, [RUN, DATA])
    note(contributor, project, [DATA], kind="experiment", object_id=5)

    assert Share.objects.get().node.key == DATA.key


def test_what_belongs_elsewhere_is_not_shared_by_being_named(contributor, project):
    home = Place(project.pk, "experiment", 7)
    at_home = Thing(RUN.kind, RUN.key, RUN.label, home=home)
    note(contributor, project, [at_home, DATA], [READ])
    note(contributor, project, [at_home], kind="experiment", object_id=5)

    scope = Node.objects.select_related("scope").get(key=RUN.key).scope
    assert (scope.kind, scope.object_id) == ("experiment", 7)
    assert not Share.objects.exists()


def test_facts_are_stored_in_portions(contributor, project):
    data = [Thing(NodeKind.DATASET, keys.dataset("s3", f"{number:04}"), "data") for number in range(1_001)]

    assert len(note(contributor, project, data)) == Node.objects.count() == 1_001
    assert note(contributor, project, data)[data[7].key] == Node.objects.get(key=data[7].key).pk


def test_facts_are_added_within_an_operation_only(project):
    with pytest.raises(OperationMisused):
        record_facts(Place(project.pk), [RUN])

    assert not Node.objects.exists()


@pytest.mark.parametrize("change", [lambda nodes: nodes.update(label="other"), lambda nodes: nodes.delete()])
def test_a_fact_stays(contributor, project, change):
    note(contributor, project, [RUN])

    with pytest.raises(DatabaseError), transaction.atomic():
        change(Node.objects.all())
    assert Node.objects.get().label == "bold-fox-1"


def test_the_number_of_statements_does_not_grow(contributor, project, django_assert_num_queries):
    runs = [Thing(NodeKind.RUN, keys.run(f"{number:032x}"), f"run {number}") for number in range(100)]
    reads = [Flow(DATA.key, run.key, EdgeKind.USED) for run in runs]
    note(contributor, project, [DATA])

    with django_assert_num_queries(3 + 2):  # what is there, nodes, edges; and a savepoint
        note(contributor, project, [DATA, *runs], reads)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/loans.git",
        "git@github.com:acme/loans.git",
        "https://user:secret@GitHub.com/acme/loans/",
        "ssh://git@github.com/acme/loans",
    ],
)
def test_a_repository_has_one_name(url):
    assert keys.repository_url(url) == "https://github.com/acme/loans"


@pytest.mark.parametrize(
    ("key", "pinned"),
    [
        (keys.dataset_version("s3", "loans", "sha256", "1" * 64), True),
        (keys.dataset_version("s3", "loans", "mlflow", "1a2b3c4d"), False),
        (keys.unpinned_version("s3", "loans", "a" * 32), False),
        (keys.code("https://github.com/acme/loans", "c" * 40), True),
        (keys.code("https://github.com/acme/loans", "main"), False),
        (keys.code("https://github.com/acme/loans", "c" * 40, patch_sha256="2" * 64), True),
        (keys.code("https://github.com/acme/loans", "c" * 40, dirty=True), False),
        (keys.code("https://github.com/acme/loans", "c" * 40, path="train.py", dirty=True), False),
        (keys.unpinned_image("ghcr.io/acme/train", "a" * 32), False),
        (keys.image("ghcr.io/acme/train", "sha256:" + "3" * 64), True),
        (keys.image("ghcr.io/acme/train", "latest"), False),
        (keys.external("airflow", "dag/1"), False),
    ],
)
def test_a_key_says_whether_it_names_one_content(key, pinned):
    assert keys.is_pinned(key) is pinned


def test_a_key_has_room_for_every_name(contributor, project):
    long = [Thing(NodeKind.DATASET, keys.dataset("s3\x00", letter * 60_000), "data") for letter in "ab"]

    assert len(note(contributor, project, long)) == 2
    assert all(len(key) < 1_000 for key in Node.objects.values_list("key", flat=True))


def test_edges_are_added_in_one_order_whoever_says_them(contributor, project):
    things = [RUN, *(Thing(NodeKind.DATASET, keys.dataset("s3", name), name) for name in "cab")]
    flows = [Flow(thing.key, RUN.key, EdgeKind.USED) for thing in things[1:]]

    note(contributor, project, things, flows)

    said = list(Edge.objects.order_by("seq").values_list("src__key", flat=True))
    assert said == sorted(flow.src for flow in flows)
