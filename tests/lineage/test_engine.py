"""The engine against a plain walk, on random graphs: in arrays, in arrays with a delta, and in the database."""

from collections import Counter
from unittest import mock

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from audit import guard
from audit.exceptions import Hidden
from lineage.engine import current, graph
from lineage.engine.base import build
from lineage.engine.graph import Graph
from lineage.engine.index import Index
from lineage.engine.rows import current_version, read_since
from lineage.engine.rules import NodeFilter
from lineage.engine.sql_store import SqlStore
from lineage.keys import hash_of
from lineage.models import Edge, Mark, Node, Scope, Share
from lineage.visibility import Level
from lineage.vocabulary import FLOW, EdgeKind, MarkKind
from tests.lineage.graphs import Plain

KINDS = [EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.DERIVED, EdgeKind.HAS_VERSION, EdgeKind.SAME_AS]
LEVELS = [Level.READ, Level.READ, Level.OPAQUE, Level.NONE]
examples = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _fresh_process():
    current.forget()
    yield
    current.forget()


class Scene:
    """A random graph in the database and as plain Python, seen by a viewer with some level for each scope."""

    def __init__(self, viewer, project, drawn):
        self.viewer = viewer
        count, edges, levels, homes, shares, marks, self.split = drawn
        self.scopes = [Scope.objects.create(project=project, kind="experiment", object_id=n + 1).pk for n in range(4)]
        self.levels = dict(zip(self.scopes, levels, strict=True))
        self.homes = [homes[n % len(homes)] for n in range(count)]
        self.shares = {(node % count, scope) for node, scope in shares if self.homes[node % count] != scope}
        self.edges = {
            (min(a, b) % count, max(a, b) % count, kind): basis for a, b, kind, basis in edges if a % count != b % count
        }
        self.edges = {(min(src, dst), max(src, dst), kind): basis for (src, dst, kind), basis in self.edges.items()}
        self.drawn_marks = marks
        self.nodes: list[int] = []
        self.numbers: list[int] = []
        self.plain = Plain({})

    def write_nodes(self, begin, end):
        """Write some of the nodes, and their shares."""
        rows = [
            Node(
                kind=1 + n % 14, key=f"run:{n}", key_hash=hash_of(f"run:{n}"), scope_id=self.scopes[self.homes[n]],
                label=str(n), created_at=n // 3, recorded_at=n, pinned=n % 2 == 0,
            )
            for n in range(begin, end)
        ]  # fmt: skip
        Node.objects.bulk_create(rows)
        found = dict(Node.objects.values_list("key", "pk"))
        self.nodes += [found[row.key] for row in rows]
        for n in range(begin, end):
            further = [scope for node, scope in self.shares if node == n]
            Share.objects.bulk_create(
                [Share(node_id=self.nodes[n], scope_id=self.scopes[scope], recorded_at=n) for scope in further]
            )
            levels = [self.levels[self.scopes[scope]] for scope in (self.homes[n], *further)]
            self.plain.levels[self.nodes[n]] = max(levels)
            self.plain.recorded[self.nodes[n]] = n

    def write_edges(self, begin, end):
        """Write the edges whose later end is among some of the nodes, and what is said of them."""
        for (src, dst, kind), basis in self.edges.items():
            if begin <= dst < end:
                at = dst + (src + kind) % 3
                edge = Edge.objects.create(
                    src_id=self.nodes[src], dst_id=self.nodes[dst], kind=kind, basis=basis, at=at, recorded_at=at
                )
                self.numbers.append(edge.pk)
                self.plain.edges[edge.pk] = (edge.src_id, edge.dst_id, kind, basis, at)

    def write_marks(self, marks):
        """Retract some edges, and restore some."""
        for place, retract in marks:
            if self.numbers:
                edge = self.numbers[place % len(self.numbers)]
                kind = MarkKind.RETRACTED if retract else MarkKind.RESTORED
                at = 100 + len(self.plain.marks)
                with guard.lifted():
                    Mark.objects.create(
                        edge_id=edge, kind=kind, at=at, recorded_at=at, actor=self.viewer.user, reason="a test"
                    )
                self.plain.marks.append((edge, kind, at))

    def write(self):
        """Write everything, and return the same graph from arrays, from arrays with a delta, and from the database."""
        count = len(self.homes)
        part = self.split % (count + 1)
        half = len(self.drawn_marks) // 2
        self.write_nodes(0, part)
        self.write_edges(0, part)
        self.write_marks(self.drawn_marks[:half])
        early = Index.of(build(read_since(None)))
        self.write_nodes(part, count)
        self.write_edges(part, count)
        self.write_marks(self.drawn_marks[half:])
        late = early.plus(read_since(early.version, early.anchor))
        stores = {
            "delta": late,
            "folded": Index.of(late.folded()),
            "arrays": Index.of(build(read_since(None))),
            "sql": SqlStore(current_version()),
        }
        return {name: Graph(store, self.viewer) for name, store in stores.items()}

    @property
    def readable(self):
        return [node for node, level in self.plain.levels.items() if level == Level.READ]


scenes = st.tuples(
    st.integers(1, 14),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13), st.sampled_from(KINDS), st.integers(1, 3)), max_size=30),
    st.lists(st.sampled_from(LEVELS), min_size=4, max_size=4),
    st.lists(st.integers(0, 3), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 13), st.integers(0, 3)), max_size=6),
    st.lists(st.tuples(st.integers(0, 29), st.booleans()), max_size=6),
    st.integers(0, 14),
)


@pytest.fixture
def scene_of(viewer, project):
    """Makes a scene that is gone after its `with`."""

    class Undo(Exception):
        pass

    class Context:
        def __init__(self, drawn):
            self.drawn = drawn

        def __enter__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            scene = Scene(viewer, project, self.drawn)
            self.patch = mock.patch.object(
                graph,
                "levels_of",
                lambda _, __, numbers: np.array([scene.levels[n] for n in numbers.tolist()], np.uint8),
            )
            self.patch.__enter__()
            return scene

        def __exit__(self, kind, error, trace):
            self.patch.__exit__(None, None, None)
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    return Context


def collapsed(scene, depths, as_of=None):
    """What a plain walk found with each thing once: the lowest id stands for those that are the same."""
    parent = {node: node for node in depths}

    def root(node):
        while parent[node] != node:
            node = parent[node]
        return node

    for number, (src, dst, kind, _, recorded) in scene.plain.edges.items():
        if kind != EdgeKind.SAME_AS or scene.plain.retracted(number, as_of) or (as_of is not None and recorded > as_of):
            continue
        if src in parent and dst in parent:
            one, other = sorted((root(src), root(dst)))
            parent[other] = one
    found: dict[int, int] = {}
    for node, depth in depths.items():
        name = root(node)
        found[name] = min(depth, found.get(name, depth))
    return found


def told(reached):
    return dict(zip(reached.ids.tolist(), reached.depths.tolist(), strict=True))


RULES = [
    {},
    {"structural": True},
    {"edge_kinds": frozenset({EdgeKind.USED, EdgeKind.GENERATED})},
    {"bases": frozenset({1, 2})},
    {"include_retracted": True},
    {"as_of": 5},
    {"as_of": 101},
    {"depth": 1},
    {"depth": 2},
    {"depth": 0},
]


@pytest.mark.django_db
@pytest.mark.parametrize("asked", RULES, ids=lambda asked: "-".join(asked) or "plain")
@examples
@given(drawn=scenes, direction=st.sampled_from(["up", "down", "both"]))
def test_every_store_answers_as_a_plain_walk(scene_of, drawn, direction, asked):
    with scene_of(drawn) as scene:
        graphs = scene.write()
        rule = {name: value for name, value in asked.items() if name in ("bases", "as_of", "include_retracted")}
        kinds = set(asked.get("edge_kinds", FLOW)) | ({EdgeKind.HAS_VERSION} if asked.get("structural") else set())
        starts = [node for node in scene.readable if scene.plain.recorded[node] <= asked.get("as_of", 999)][:2]
        ways = [up for up in (True, False) if direction in ("both", "up" if up else "down")]
        walks = [scene.plain.walk(starts, up=up, depth=asked.get("depth"), kinds=kinds, **rule) for up in ways]
        expected: dict[int, int] = {}
        for depths, _ in walks:
            for node, far in collapsed(scene, depths, asked.get("as_of")).items():
                expected[node] = min(far, expected.get(node, far))
        hidden = set().union(*(walk[1] for walk in walks))

        for name, seen in graphs.items():
            reached = seen.reach(starts, direction, **asked)
            assert told(reached) == expected, name
            if "depth" not in asked:
                assert set(seen.store.ids(reached.hidden_positions).tolist()) == hidden, name


@pytest.mark.django_db
@examples
@given(drawn=scenes, direction=st.sampled_from(["up", "down"]), kinds=st.sets(st.integers(1, 14), min_size=1))
def test_a_pruned_walk_stops_at_what_does_not_match(scene_of, drawn, direction, kinds):
    with scene_of(drawn) as scene:
        graphs = scene.write()
        kind_of = dict(Node.objects.values_list("pk", "kind"))
        starts = scene.readable[:1]

        def matches(node):
            return kind_of[node] in kinds

        # Nodes that are one thing would match by one of their kinds; leave them to the test above.
        if any(kind == EdgeKind.SAME_AS for _, _, kind, _, _ in scene.plain.edges.values()):
            return
        depths, _ = scene.plain.walk(starts, up=direction == "up", keeps=matches)
        expected = {node: far for node, far in depths.items() if matches(node)}

        for name, seen in graphs.items():
            where = NodeFilter(kinds=frozenset(kinds))
            assert told(seen.reach(starts, direction, where=where, mode="prune")) == expected, name
            whole = told(seen.reach(starts, direction))
            filtered = {node: far for node, far in whole.items() if matches(node)}
            assert told(seen.reach(starts, direction, where=where)) == filtered, name


@pytest.mark.django_db
@examples
@given(drawn=scenes)
def test_edges_and_segments_are_the_same_from_every_store_and_lead_on(scene_of, drawn):
    with scene_of(drawn) as scene:
        graphs = scene.write()
        starts = scene.readable[:1]
        pictures = {}
        for name, seen in graphs.items():
            reached = seen.reach(starts, "down")
            edges = seen.edges_among(reached)
            links = {(link.src, link.dst) for link in edges.links}
            pictures[name] = (edges.seq.tolist(), edges.src.tolist(), edges.dst.tolist(), edges.kind.tolist(), links)
        assert len({repr((*picture[:4], sorted(map(str, picture[4])))) for picture in pictures.values()}) == 1

        reached = told(reached)
        members = {one for segment in edges.segments for one in segment.members.tolist()}
        assert all(scene.plain.levels[one] == Level.OPAQUE for one in members)
        assert not members & {*edges.src.tolist(), *edges.dst.tolist()}
        # Every node that was reached is reached in the picture too: a path stays a path.
        steps = [
            *zip(edges.src.tolist(), edges.dst.tolist(), strict=True),
            *((one.src, one.dst) for one in edges.links),
        ]
        found = {node for node in reached if reached[node] == 0}
        while more := {dst for src, dst in steps if src in found and dst not in found}:
            found |= more
        assert set(reached) <= found


@pytest.mark.django_db
@examples
@given(drawn=scenes, size=st.integers(1, 5))
def test_the_pages_make_up_the_whole_in_order(scene_of, drawn, size):
    with scene_of(drawn) as scene:
        graphs = scene.write()
        for seen in graphs.values():
            reached = seen.reach(scene.readable[:2], "both")
            pages, after = [], None
            while True:
                page, after = reached.first(size, after)
                pages += list(zip(page.depths.tolist(), page.created_at.tolist(), page.ids.tolist(), strict=True))
                if after is None:
                    break
            assert pages == sorted(pages)
            assert len(pages) == reached.total
            assert pages == list(
                zip(
                    reached.ordered().depths.tolist(), reached.ordered().created_at.tolist(),
                    reached.ordered().ids.tolist(), strict=True,
                )
            )  # fmt: skip


@pytest.mark.django_db
@examples
@given(drawn=scenes, size=st.integers(1, 4))
def test_a_segment_has_one_name_on_all_pages(scene_of, drawn, size):
    with scene_of(drawn) as scene:
        for seen in scene.write().values():
            reached = seen.reach(scene.readable[:1])
            whole = {(link.src, link.dst) for link in seen.edges_among(reached).links}
            found, after = set(), None
            while True:
                page, after = reached.first(size, after)
                found |= {(link.src, link.dst) for link in seen.edges_among(page, within=reached).links}
                if after is None:
                    break
            assert found == whole


@pytest.mark.django_db
@examples
@given(drawn=scenes, more=st.integers(0, 3))
def test_more_rights_never_show_less(scene_of, drawn, more):
    with scene_of(drawn) as scene:
        if any(kind == EdgeKind.SAME_AS for _, _, kind, _ in drawn[1]):
            return
        graphs = scene.write()
        start = scene.readable[:1]
        before = {name: set(told(seen.reach(start, "down"))) for name, seen in graphs.items()}
        scene.levels[scene.scopes[more]] = min(Level.READ, scene.levels[scene.scopes[more]] + 1)

        for name, seen in graphs.items():
            assert before[name] <= set(told(Graph(seen.store, scene.viewer).reach(start, "down"))), name


@pytest.mark.django_db
@examples
@given(drawn=scenes)
def test_an_index_knows_what_it_was(scene_of, drawn):
    with scene_of(drawn) as scene:
        scene.write_nodes(0, len(scene.homes))
        early = Index.of(build(read_since(None)))
        version = current_version()
        before = told(Graph(early, scene.viewer).reach(scene.readable[:1]))
        scene.write_edges(0, len(scene.homes))
        late = early.plus(read_since(early.version, early.anchor))

        then = late.at(version)
        assert then is not None
        assert told(Graph(then, scene.viewer).reach(scene.readable[:1])) == before
        assert told(Graph(SqlStore(version), scene.viewer).reach(scene.readable[:1])) == before


@pytest.mark.django_db
def test_what_is_hidden_and_what_is_not_there_are_refused_alike(scene_of):
    drawn = (3, [], [Level.READ, Level.OPAQUE, Level.NONE, Level.READ], [0, 1, 2], [], [], 0)
    with scene_of(drawn) as scene:
        seen = scene.write()["arrays"]
        refusals = Counter()
        for start in (*scene.nodes[1:], 10**9):
            with pytest.raises(Hidden) as refused:
                seen.reach([start])
            refusals[str(refused.value)] += 1

        assert len(refusals) == 1
        assert seen.find(["run:0", "run:1", "run:2", "run:9"]) == {"run:0": scene.nodes[0]}


@pytest.mark.django_db
def test_the_shortest_ways_come_first_and_pass_what_is_hidden(scene_of):
    # 0 -> 1 -> 4, 0 -> 2 (hidden) -> 3 (hidden) -> 4, 0 -> 4
    used = EdgeKind.USED
    edges = [(0, 1, used, 1), (1, 4, used, 1), (0, 2, used, 1), (2, 3, used, 1), (3, 4, used, 1), (0, 4, used, 1)]
    drawn = (5, edges, [Level.READ, Level.OPAQUE, Level.NONE, Level.READ], [0, 0, 1, 1, 0], [], [], 3)
    with scene_of(drawn) as scene:
        for seen in scene.write().values():
            paths = seen.paths(scene.nodes[0], scene.nodes[4])
            (token,) = (segment.token for segment in paths.edges.segments)
            first, middle, _, _, last = scene.nodes
            assert paths.shortest[0] == [first, last]
            assert {tuple(map(str, way)) for way in paths.shortest[1:]} == {
                (str(first), str(middle), str(last)),
                (str(first), token, str(last)),
            }
            assert sorted(paths.reached.ids.tolist()) == [first, middle, last]


@pytest.mark.django_db
def test_hidden_things_of_the_same_neighbours_are_one(scene_of):
    used = EdgeKind.USED
    edges = [(0, other, used, 1) for other in range(1, 6)]
    drawn = (6, edges, [Level.READ, Level.OPAQUE, Level.NONE, Level.READ], [0, 1, 1, 1, 1, 1], [], [], 0)
    with scene_of(drawn) as scene:
        for seen in scene.write().values():
            reached = seen.reach(scene.nodes[:1])
            assert reached.total == 1
            assert len(seen.edges_among(reached).segments) == 1
            assert reached.hidden_count == 5
