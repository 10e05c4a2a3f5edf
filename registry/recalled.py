"""Versions that were made of something recalled say so beside their stage."""

from collections.abc import Iterable

from lineage import keys
from lineage.queries.recalled import open_recalls, recalls_behind
from lineage.recalls import page_of
from registry.models import ModelVersion
from registry.stamps import Stamp


def stamps_of_versions(versions: Iterable[int]) -> dict[int, list[Stamp]]:
    """The stamps of versions in any stage; one query while nothing at all is recalled."""
    if not (recalled := open_recalls()):
        return {}
    rows = ModelVersion.objects.filter(pk__in=list(versions)).values_list("pk", "model_id", "number")
    named = {keys.model_version(model, number): pk for pk, model, number in rows}
    return {named[key]: [_stamp(recalls)] for key, recalls in recalls_behind(named, recalled).items() if recalls}


def _stamp(recalls: list[int]) -> Stamp:
    several = f"{len(recalls)} things it was made of are" if len(recalls) > 1 else "Something it was made of is"
    url = page_of(recalls[0])
    return Stamp("recalled input", f"{several} recalled: somebody found it bad.", "bad", url)
