"""What can be searched in the registry, in the words of the search language."""

from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef, Q, Subquery

from registry.models import ModelVersionTag, RegisteredModel, RegisteredModelTag
from registry.rules import PROMPT_TAG
from tracking.search import LISTS, NUMBERS, TEXT, Attribute, Condition, EntitySpec, Keyed, Operator, Type
from tracking.search.syntax import Value

MODEL_NAME: Final = Attribute("name", operators=TEXT | LISTS)
_updated = Attribute("updated_at", Type.INTEGER, NUMBERS)
_PREFIXES: Final = {
    "attribute": "attribute",
    "attributes": "attribute",
    "tag": "tag",
    "tags": "tag",
}


def asks_for_prompts(condition: Condition) -> bool | None:
    """Whether a condition asks, by the tag that makes a prompt, for prompts (True) or models (False); None: neither."""
    if not isinstance(condition.searchable, Keyed) or condition.key != PROMPT_TAG:
        return None
    value = str(condition.value).lower()
    if condition.operator not in (Operator.EQ, Operator.NE) or value not in ("true", "false"):
        return None
    return (condition.operator is Operator.EQ) is (value == "true")


def _prompt_rule(condition: Condition) -> Q | None:
    """A model without the tag is no prompt, so ``!= 'true'`` finds it; with any other tag it would not."""
    asked = asks_for_prompts(condition)
    return None if asked is None else Q(is_prompt=asked)


REGISTERED_MODELS: Final = EntitySpec(
    plural="registered models",
    attributes={"name": MODEL_NAME, "timestamp": _updated, "last_updated_timestamp": _updated},
    prefixes=_PREFIXES,
    families={"tag": Keyed("tag", RegisteredModelTag, "model")},
    orderable=frozenset({"name", "timestamp", "last_updated_timestamp"}),
    rules=(_prompt_rule,),
)


@dataclass(frozen=True)
class ModelName(Attribute):
    """The name of a version's model; asked without a join, which would lead SQLite away from the right index."""

    def q(self, key: str, operator: Operator, value: Value) -> Q:
        return Q(model__in=RegisteredModel.objects.filter(super().q(key, operator, value)))

    def order(self, key: str) -> Subquery:
        return Subquery(RegisteredModel.objects.filter(pk=OuterRef("model_id")).values(self.column))


VERSION_NAME: Final = ModelName("name", operators=TEXT | LISTS)
MODEL_VERSIONS: Final = EntitySpec(
    plural="model versions",
    attributes={
        "name": VERSION_NAME,
        "run_id": Attribute("run_uid", operators=TEXT | LISTS),
        "source_path": Attribute("source"),
        "version_number": Attribute("number", Type.INTEGER, NUMBERS, quoted_numbers=True),
        "stage": Attribute("stage", operators=TEXT | LISTS),
        "creation_timestamp": Attribute("created_at", Type.INTEGER, NUMBERS),
        "last_updated_timestamp": _updated,
    },
    prefixes=_PREFIXES,
    families={"tag": Keyed("tag", ModelVersionTag, "version")},
    orderable=frozenset({"name", "version_number", "creation_timestamp", "last_updated_timestamp"}),
    rules=(_prompt_rule,),
)
