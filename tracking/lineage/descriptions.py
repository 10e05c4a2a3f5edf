"""What the file ``MLmodel`` of a logged model says of where it comes from: of a fine-tune, what it was loaded from."""

from collections.abc import Mapping
from typing import Any, Final

from accounts.principals import Principal
from artifacts.models import ArtifactFile
from artifacts.previews.mlmodels import read_mlmodel
from artifacts.previews.shapes import CannotShow
from artifacts.queries import read_head
from audit.exceptions import Refusal
from tracking.models import LoggedModel

_NAME: Final = "MLmodel"
#: Descriptions with larger examples are not read: nobody waits for them.
_LARGEST: Final = 65_536
#: The flavor that names the model it loaded.
_TELLING: Final = b"transformers"


def description_of(actor: Principal, model: LoggedModel) -> Mapping[str, Any]:
    """The flavors that a logged model's description names, when this server keeps it; nothing when it says nothing."""
    files = ArtifactFile.objects.live().filter(space__uid=model.uid, folder="", name=_NAME)
    file = files.select_related("space").first()
    if file is None or file.size > _LARGEST:
        return {}
    try:
        data = read_head(actor, file, file.size)
        parsed = read_mlmodel(_NAME, data, True) if _TELLING in data else None
    except (Refusal, CannotShow):  # a model is worth more than a fact about it
        return {}
    return {"flavors": {flavor.name: dict(flavor.facts) for flavor in parsed.flavors}} if parsed else {}
