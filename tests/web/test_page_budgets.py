"""Every page answers with as many queries for many things as for few, and with less than a megabyte."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.estate import Estate
from tests.pages import addresses, is_page

#: The most that any page may ask the database, whatever stands on it.
MOST_QUERIES = 28
MEGABYTE = 1_000_000


@pytest.fixture
def estate(settings, tmp_path, project, admin, maintainer, approver):
    settings.ARTIFACT_ROOT = str(tmp_path)
    return Estate(project, admin, maintainer, approver)


@pytest.mark.timeout(600)
def test_pages_cost_the_same_for_many_things_as_for_few(estate, admin, session_of):
    browser = session_of(admin)
    few = _measure(browser, estate)
    assert len(few) > 80

    estate.grow(12)
    estate.add_rows(500)
    estate.add_points(5_000)
    many = _measure(browser, estate)

    grown = {page: (few[page], queries) for page, queries in many.items() if page in few and queries > few[page]}
    assert grown == {}
    assert {page: queries for page, queries in many.items() if queries > MOST_QUERIES} == {}


def _measure(browser, estate):
    """The number of queries of each page. Those that say 403 or 404 to this person are no pages of theirs."""
    counted = {}
    for address in addresses(estate):
        answer = browser.get(address)
        assert answer.status_code < 500, address
        if answer.status_code != 200 or not is_page(answer):
            continue
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(address)
        assert len(answer.content) < MEGABYTE, f"{address}: {len(answer.content)} bytes"
        counted[address] = len(queries)
    return counted
