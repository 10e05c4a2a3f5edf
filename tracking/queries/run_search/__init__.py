"""Finds runs by a filter, in an order, page by page.

The cost of a page must not grow with the number of runs, so the database must not look at all of them to return a
hundred. There are two ways to that, and each search takes one (``picking`` decides):

* *Walk*: read the runs in the order that was asked for, from an index, leave out those that do not match, and stop
  when the page is full. Good when matches are frequent.
* *Pick*: when some comparison of the filter matches few runs (a bounded count tells), start from those and sort them.

What has no number or no value comes last in every order, so an order by a metric, param or tag is walked in *phases*:
runs with a number, then with NaN, then without (``phases``). A page token (``places``) says how far into which phase
the last page came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accounts.models import Project
from accounts.principals import Principal
from tracking.queries import children
from tracking.queries.run_search.arms import Found, Reader
from tracking.queries.run_search.phases import Phase, phases_of
from tracking.queries.run_search.picking import choose_pick
from tracking.queries.run_search.places import Place, next_token, read_place
from tracking.queries.run_search.scopes import RunView, Scope, find_scopes, scopes_of
from tracking.rows import RunHead, RunRow
from tracking.search.entities import Condition, Order
from tracking.search.pages import Page, check_max_results
from tracking.search.specs import RUNS

__all__ = [
    "DEFAULT_RESULTS",
    "MOST_RESULTS",
    "Question",
    "RunView",
    "read_question",
    "scopes_of",
    "search_heads",
    "search_runs",
]

DEFAULT_RESULTS: Final = 1_000
MOST_RESULTS: Final = 50_000


def search_runs(
    principal: Principal,
    project: Project,
    *,
    experiment_ids: Sequence[str],
    filter_string: str = "",
    order_by: Sequence[str] = (),
    view: RunView = RunView.ACTIVE_ONLY,
    max_results: int = DEFAULT_RESULTS,
    page_token: str = "",
) -> Page[RunRow]:
    """The runs of these experiments that match the filter, each with everything logged to it.

    Experiments that do not exist or that the principal may not see have no runs. By default the newest run comes first;
    ties are broken by start time and id. Raises InvalidInput. At most eight queries, whatever the size of the page.
    """
    check_max_results(max_results, MOST_RESULTS)
    question = read_question(filter_string, order_by, page_token)
    found = search_heads(find_scopes(principal, project, experiment_ids, view), question, max_results)
    rows = {head.pk: RunRow(head) for head in found.rows}
    children.fill(rows)
    return Page(list(rows.values()), found.next_page_token)


@dataclass(frozen=True, slots=True)
class Question:
    """A filter, an order and where the page begins, as far as they can be read without the database."""

    conditions: tuple[Condition, ...]
    orders: tuple[Order, ...]
    place: Place


def read_question(filter_string: str, order_by: Sequence[str] = (), page_token: str = "") -> Question:
    """Read what is asked. Raises InvalidInput."""
    return Question(RUNS.conditions(filter_string), RUNS.orders(order_by), read_place(page_token))


def search_heads(scopes: Sequence[Scope], question: Question, max_results: int) -> Page[RunHead]:
    """The runs in these scopes that match, without what was logged to them; at most four queries.

    Raises InvalidInput.
    """
    if not scopes:
        return Page(())
    plan = phases_of(question.orders, question.conditions)
    pick = choose_pick(plan.filters, scopes)
    if pick is not None and pick.is_empty:
        return Page(())
    filters = [condition for condition in plan.filters if pick is None or condition is not pick.condition]
    reader = Reader(scopes, RUNS.all_of(filters), pick)
    heads, token = _collect(reader, plan.phases, question.place, max_results)
    return Page(heads, token)


def _collect(reader: Reader, phases: Sequence[Phase], place: Place, max_results: int) -> tuple[list[RunHead], str]:
    """Go through the phases until the page is full; one row more tells whether there is a next page."""
    found: list[Found] = []
    for number, phase in enumerate(phases[place.phase :], start=place.phase):
        start = place if number == place.phase else Place(number)
        rows = reader.read(phase, start, max_results + 1 - len(found))
        found += rows
        if len(found) > max_results:
            # The last run of the page may belong to an earlier phase; then the next page begins this one anew.
            after = rows[-2].place if len(rows) > 1 else start.after
            rest = Place(number, start.offset + len(rows) - 1, after)
            return [row.head for row in found[:max_results]], next_token(phase, rest)
    return [row.head for row in found], ""
