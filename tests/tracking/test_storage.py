"""How the tables with most rows are stored, and that what is looked up by an index really is."""

import pytest
from django.db import connection
from django.db.models.lookups import Exact

from tracking.expressions import ValueStart
from tracking.models import Metric, Param, RunTag

pytestmark = pytest.mark.django_db


def test_bulk_tables_are_single_trees_on_sqlite_and_points_are_partitioned_on_postgresql():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'tracking_metric'::regclass")
            assert cursor.fetchone() == (8,)
            return
        for model in (Metric, Param, RunTag):
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [model._meta.db_table])
            assert cursor.fetchone()[0].endswith("WITHOUT ROWID")


def test_a_value_is_looked_up_by_its_beginning():
    rows = Param.objects.filter(Exact(ValueStart("value"), "x"), experiment=1, key="lr").values("run_id")
    if connection.vendor == "postgresql":
        # A table of a test is so small that any road is cheap: the others are closed until the test ends.
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
        connection.cursor().execute("ALTER TABLE tracking_param DROP CONSTRAINT tracking_param_pkey")

    assert "tracking_param_value" in rows.explain()


@pytest.mark.parametrize("value", ["x" * 6_000, "ü" * 6_000, "🦊" * 6_000])
def test_the_longest_value_fits_the_index(make_run, value):
    uid = make_run("ann", params={"text": value}, tags={"text": value})

    assert Param.objects.get(run__uid=uid).value == value
