"""Production goes back to a version that was there before, in one step."""

import pytest

from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from registry.exceptions import InvalidName, StageChangeNotAllowed
from registry.models import AliasInterval, ModelVersion
from registry.operations import roll_back
from registry.queries.way_back import ways_back
from registry.rules import Stage


@pytest.fixture
def versions(register):
    """Version 1 was in Production, version 2 is."""
    return [register(Stage.PRODUCTION), register(Stage.PRODUCTION)]


def stages():
    return dict(ModelVersion.objects.order_by("number").values_list("number", "stage"))


@pytest.mark.parametrize("role", ["maintainer", "approver"])
def test_one_step_goes_back(role, versions, request):
    roll_back(request.getfixturevalue(role), versions[0], reason="v2 refuses half of the cards.")

    assert stages() == {1: "Production", 2: "Archived"}
    assert AliasInterval.objects.open().get(key="production").version == versions[0]
    assert AuditEvent.objects.latest("pk").action in ("model_version.rolled_back", "registered_model.alias_set")
    assert AuditEvent.objects.filter(action="model_version.rolled_back").count() == 1


def test_a_contributor_cannot(versions, contributor):
    with pytest.raises(PermissionDenied):
        roll_back(contributor, versions[0], reason="v2 refuses half of the cards.")

    assert stages() == {1: "Archived", 2: "Production"}


def test_only_to_what_was_there(versions, register, maintainer):
    new = register()

    with pytest.raises(StageChangeNotAllowed, match="never in Production"):
        roll_back(maintainer, new, reason="Newer is better.")


def test_not_to_what_is_there(versions, maintainer):
    with pytest.raises(StageChangeNotAllowed, match="in Production already"):
        roll_back(maintainer, versions[1], reason="Again.")


def test_it_needs_a_reason(versions, maintainer):
    with pytest.raises(InvalidName, match="Say why"):
        roll_back(maintainer, versions[0], reason=" ")


def test_the_ways_back_are_listed_with_their_flaws(versions, model):
    (way,) = ways_back(model)

    assert (way.version, way.flaw) == (versions[0], "")
