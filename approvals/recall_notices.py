"""Tells the owners of models that something their versions were made of is recalled, by e-mail."""

from collections import defaultdict
from typing import Final

from accounts.models import User
from approvals.recalled import parts_of
from lineage.models import Recall
from lineage.notices import send
from lineage.queries.recalled import versions_affected_by
from lineage.recalls import page_of
from registry.models import RegisteredModel

_MOST_NAMED: Final = 20


def tell_owners(recall_pk: int) -> None:
    """Tell everybody who owns a model with a version that the recall touches, when it begins and when it ends.

    The recalled thing is not named: its page shows it to those who may see it.
    """
    recall = Recall.objects.get(pk=recall_pk)
    if recall.is_open and recall.waivers.exists():
        return
    for owner, models in _models_by_owner(recall).items():
        if recall.is_open:
            subject = "Something your models were made of is recalled"
            text = f"It was found to be bad, and versions of these models were made of it: {models}. Until an approver "
            text += "waives it, they are not promoted."
        else:
            subject = "A recall that touched your models was cleared"
            text = f"What versions of these models were made of is not bad after all: {models}."
        send([owner], f"{subject} (recall {recall.pk})", text, page_of(recall.pk))


def _models_by_owner(recall: Recall) -> dict[User, str]:
    parts = [found for key in versions_affected_by(recall) if (found := parts_of(key))]
    rows = RegisteredModel.objects.active().filter(pk__in={model for model, _ in parts}).select_related("owner")
    owned: dict[User, list[str]] = defaultdict(list)
    for model in rows.order_by("name"):
        owned[model.owner].append(model.name)
    return {
        owner: ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" if names[_MOST_NAMED:] else "")
        for owner, names in owned.items()
        if owner.is_active
    }
