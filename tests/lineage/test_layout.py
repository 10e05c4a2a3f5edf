"""Pictures: layers follow the flow, nothing overlaps, and what was there stays."""

import numpy as np
from hypothesis import given, settings, strategies as st

from lineage.engine.layout import layout

edges = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=60)


def ends(pairs):
    pairs = np.array(pairs, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


@settings(max_examples=80, deadline=None)
@given(pairs=edges, count=st.integers(20, 25))
def test_nothing_overlaps_and_the_same_graph_looks_the_same(pairs, count):
    src, dst = ends(pairs)
    drawn = layout(count, src, dst)

    for layer in set(drawn.layer.tolist()):
        places = np.sort(drawn.place[drawn.layer == layer])
        assert (np.diff(places) > 0.999).all()
    again = layout(count, src, dst)
    assert (drawn.layer == again.layer).all()
    assert (drawn.place == again.place).all()


@settings(max_examples=80, deadline=None)
@given(pairs=edges)
def test_what_flows_flows_to_the_right(pairs):
    src, dst = ends([(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]])
    drawn = layout(20, src, dst)

    assert (drawn.layer[src] < drawn.layer[dst]).all()


def test_what_was_drawn_keeps_its_order_when_something_is_added():
    src, dst = ends([(0, n) for n in range(1, 9)])
    before = layout(9, src, dst)
    src, dst = ends([*((0, n) for n in range(1, 9)), (0, 9), (9, 10)])
    after = layout(11, src, dst, np.r_[before.place, np.nan, np.nan])

    assert (np.argsort(after.place[1:9]) == np.argsort(before.place[1:9])).all()


def test_nothing_is_laid_out_as_nothing():
    assert not len(layout(0, np.empty(0), np.empty(0)).place)
