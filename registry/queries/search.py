"""Searches of registered models and versions, in the shared search language, page by page."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.principals import Principal
from registry.models import ModelVersion, RegisteredModel
from registry.queries import rows
from registry.queries.rows import ModelRow, VersionRow
from registry.search import MODEL_VERSIONS, REGISTERED_MODELS, VERSION_NAME, asks_for_prompts
from tracking.search import Condition, Operator, Page, check_max_results, offset_token, read_offset

MOST_MODELS = 1_000
MOST_VERSIONS = 200_000


def search_models(
    actor: Principal,
    project_id: int,
    text: str = "",
    *,
    order_by: Sequence[str] = (),
    max_results: int = 100,
    page_token: str = "",
) -> Page[ModelRow]:
    """The models of a project that match, with tags, aliases and latest versions. Prompts only when asked for.

    Raises InvalidInput for a filter, order, page size or token that cannot be read.
    """
    check_max_results(max_results, MOST_MODELS)
    conditions = REGISTERED_MODELS.conditions(text)
    found = RegisteredModel.objects.active().visible_to(actor).filter(project=project_id)
    found = found.filter(REGISTERED_MODELS.all_of(conditions), _without_prompts(conditions))
    order = REGISTERED_MODELS.order_by(order_by, default=["name ASC"], tie_breaker="name")
    pks, next_page_token = _page(found.order_by(*order), max_results, page_token)
    models = rows.models_by_pk(pks)
    rows.add_model_details(models)
    return Page(models, next_page_token)


def search_versions(
    actor: Principal,
    project_id: int,
    text: str = "",
    *,
    order_by: Sequence[str] = (),
    max_results: int = 10_000,
    page_token: str = "",
) -> Page[VersionRow]:
    """The versions of a project that match, with tags. Prompt versions only when asked for.

    Raises InvalidInput for a filter, order, page size or token that cannot be read.
    """
    check_max_results(max_results, MOST_VERSIONS)
    conditions = MODEL_VERSIONS.conditions(text)
    found = ModelVersion.objects.active().filter(project=project_id)
    found = found.filter(_of_models(actor, project_id, conditions), _without_prompts(conditions))
    order = MODEL_VERSIONS.order_by(
        order_by, default=["last_updated_timestamp DESC", "name ASC", "version_number DESC"], tie_breaker="-pk"
    )
    pks, next_page_token = _page(found.order_by(*order), max_results, page_token)
    versions = rows.versions_by_pk(pks)
    rows.add_version_details(versions, aliases=False)
    return Page(versions, next_page_token)


def _of_models(actor: Principal, project_id: int, conditions: Sequence[Condition]) -> Q:
    """All conditions, on models that are there for the actor.

    A name that is given exactly is looked up first: then an index of that model answers.
    """
    named = [condition for condition in conditions if _names_model(condition)]
    others = MODEL_VERSIONS.all_of(condition for condition in conditions if condition not in named)
    models = RegisteredModel.objects.active().visible_to(actor)
    if not named:
        return others & Q(Exists(models.filter(pk=OuterRef("model_id"))))
    (name, *more) = {condition.value for condition in named}
    found = models.filter(project=project_id, name=name).values_list("pk", flat=True)
    model_id = None if more else next(iter(found), None)
    return others & Q(model=model_id) if model_id is not None else Q(pk__in=())


def _names_model(condition: Condition) -> bool:
    return condition.searchable is VERSION_NAME and condition.operator is Operator.EQ


def _without_prompts(conditions: Sequence[Condition]) -> Q:
    return Q() if any(asks_for_prompts(condition) for condition in conditions) else Q(is_prompt=False)


def _page(found: QuerySet[RegisteredModel] | QuerySet[ModelVersion], size: int, token: str) -> tuple[list[int], str]:
    """The keys of one page, and the token of the next."""
    start = read_offset(token)
    pks = list(found.values_list("pk", flat=True)[start : start + size + 1])
    return pks[:size], offset_token(start + size) if len(pks) > size else ""
