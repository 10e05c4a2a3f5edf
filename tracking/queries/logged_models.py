"""Reads logged models: one by id, and lists that are filtered, ordered and cut into pages."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from accounts.models import Project
from accounts.principals import Principal
from audit.exceptions import InvalidInput
from tracking.exceptions import NoSuchLoggedModel
from tracking.models import Lifecycle, LoggedModel, LoggedModelMetric, LoggedModelParam, LoggedModelTag
from tracking.queries.heads import visible_experiments
from tracking.rows import Item, LoggedModelRow
from tracking.search.entities import Order
from tracking.search.lookups import AnyOf
from tracking.search.pages import Page, check_max_results, read_token, whole_number, write_token
from tracking.search.specs import LOGGED_MODELS, logged_models_on, measured_on
from tracking.search.syntax import parse_filter

DEFAULT_RESULTS: Final = 100
MOST_RESULTS: Final = 10_000

_COLUMNS: Final = (
    "pk",
    "uid",
    "experiment_id",
    "name",
    "artifact_uri",
    "status",
    "status_message",
    "model_type",
    "source_run__uid",
    "creation_time",
    "last_update_time",
)
_DEFAULT_ORDER: Final = (F("creation_time").desc(), F("uid").asc())


def get_logged_model(principal: Principal, project: Project, model_id: str) -> LoggedModelRow:
    """A logged model with its params, tags and metrics. Raises NoSuchLoggedModel, also when it is deleted."""
    visible = LoggedModel.objects.visible_to(principal).filter(
        experiment__project=project, lifecycle_stage=Lifecycle.ACTIVE
    )
    rows = visible.filter(uid=model_id) if "\x00" not in model_id else visible.none()
    found = _filled(_read(rows[:1]))
    if not found:
        raise NoSuchLoggedModel(f"Logged model with ID {model_id[:80]!r} not found.")
    return found[0]


def search_logged_models(
    principal: Principal,
    project: Project,
    *,
    experiment_ids: Sequence[str],
    filter_string: str = "",
    datasets: Sequence[Mapping[str, Any]] = (),
    order_by: Sequence[Mapping[str, Any]] = (),
    max_results: int = DEFAULT_RESULTS,
    page_token: str = "",
) -> Page[LoggedModelRow]:
    """The logged models of these experiments that match the filter, the newest first; deleted ones are left out.

    ``datasets``, each with ``dataset_name`` and perhaps ``dataset_digest``, limit which metrics the filter sees; when
    it asks for none, a model must have some metric on them. ``order_by`` holds objects with ``field_name``,
    ``ascending``, ``dataset_name`` and ``dataset_digest``. Raises InvalidInput. Five queries, whatever the page's size.
    """
    check_max_results(max_results, MOST_RESULTS)
    asked = _digest(experiment_ids, filter_string, datasets, order_by)
    offset = _read_offset(page_token, asked)
    experiments = [pk for pk, _ in visible_experiments(principal, project, experiment_ids)]
    matching = logged_models_on(datasets).q(filter_string) & _measured(filter_string, datasets)
    rows = LoggedModel.objects.filter(
        matching, AnyOf(F("experiment_id"), experiments), lifecycle_stage=Lifecycle.ACTIVE
    )
    rows = rows.order_by(*_order_terms(order_by), *_DEFAULT_ORDER)
    found = _read(rows[offset : offset + max_results + 1])
    token = write_token({"offset": offset + max_results, "asked": asked}) if len(found) > max_results else ""
    return Page(_filled(found[:max_results]), token)


def _measured(filter_string: str, datasets: Sequence[Mapping[str, Any]]) -> Q:
    """Some metric on the datasets, when datasets are named and the filter asks for no metric."""
    asks_metric = any(
        LOGGED_MODELS.prefixes.get(comparison.identifier.prefix) == "metric"
        for comparison in parse_filter(filter_string)
    )
    if asks_metric or not datasets:
        return Q()
    return Q(Exists(LoggedModelMetric.objects.filter(measured_on(datasets), logged_model=OuterRef("pk"))))


def _order_terms(terms: Sequence[Mapping[str, Any]]) -> list[OrderBy]:
    return [_order_term(term) for term in terms]


def _order_term(term: Mapping[str, Any]) -> OrderBy:
    name, ascending = term.get("field_name"), term.get("ascending", True)
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput("`field_name` in the `order_by` clause must be specified.")
    if not isinstance(ascending, bool):
        raise InvalidInput(f"`ascending` in the `order_by` clause must be true or false for field {name!r}.")
    if name.startswith("metrics."):
        value = _latest_value(name.removeprefix("metrics."), term)
        return value.asc(nulls_last=True) if ascending else value.desc(nulls_last=True)
    attribute = LOGGED_MODELS.attributes.get(name.strip()) if name.strip() in LOGGED_MODELS.orderable else None
    if attribute is None:
        allowed = ", ".join(sorted(LOGGED_MODELS.orderable))
        raise InvalidInput(f"Invalid order by field name: {name[:80]!r}. Use metrics.<name> or one of {allowed}.")
    return Order(attribute, attribute.column, not ascending).expression()


def _latest_value(key: str, term: Mapping[str, Any]) -> Subquery:
    """The latest value of a metric, perhaps only on one dataset."""
    if term.get("dataset_digest") and not term.get("dataset_name"):
        raise InvalidInput("`dataset_digest` can only be specified if `dataset_name` is also specified.")
    on = measured_on([term]) if term.get("dataset_name") else Q()
    rows = LoggedModelMetric.objects.filter(on, logged_model=OuterRef("pk"), key=key, is_nan=False)
    return Subquery(rows.order_by("-timestamp", "-step", "run_id").values("value")[:1])


def _digest(*question: Any) -> str:
    """What was asked, so that a token is not used with another question."""
    text = json.dumps([list(part) if isinstance(part, tuple) else part for part in question], default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_offset(token: str, asked: str) -> int:
    content = read_token(token)
    if content and content.get("asked") != asked:
        raise InvalidInput("Invalid page token: it belongs to a search with other experiments, filter or order.")
    return whole_number(content, "offset") if content else 0


def _read(rows: QuerySet[LoggedModel]) -> list[LoggedModelRow]:
    return [LoggedModelRow(*_without_none(row)) for row in rows.values_list(*_COLUMNS)]


def _without_none(row: tuple[Any, ...]) -> list[Any]:
    return ["" if column is None else column for column in row]


def _filled(rows: Iterable[LoggedModelRow]) -> list[LoggedModelRow]:
    by_pk = {row.pk: row for row in rows}
    if not by_pk:
        return []
    of_these = Q(logged_model_id__in=list(by_pk))
    for pk, key, value in LoggedModelParam.objects.filter(of_these).values_list("logged_model_id", "key", "value"):
        by_pk[pk].params.append({"key": key, "value": value})
    for pk, key, value in LoggedModelTag.objects.filter(of_these).values_list("logged_model_id", "key", "value"):
        by_pk[pk].tags.append({"key": key, "value": value})
    metrics = LoggedModelMetric.objects.filter(of_these).order_by("pk")
    columns = ("key", "value", "timestamp", "step", "run__uid", "dataset_name", "dataset_digest", "is_nan")
    for pk, *values in metrics.values_list("logged_model_id", *columns):
        by_pk[pk].metrics.append(_metric(by_pk[pk], *values))
    return list(by_pk.values())


def _metric(
    model: LoggedModelRow,
    key: str,
    value: float,
    timestamp: int,
    step: int,
    run_id: str,
    dataset_name: str,
    dataset_digest: str,
    is_nan: bool,
) -> Item:
    item: Item = {
        "key": key,
        "value": "NaN" if is_nan else value,
        "timestamp": timestamp,
        "step": step,
        "run_id": run_id,
        "model_id": model.uid,
    }
    if dataset_name:
        item["dataset_name"] = dataset_name
    if dataset_digest:
        item["dataset_digest"] = dataset_digest
    return item
