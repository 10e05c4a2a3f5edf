"""Stages and the steps between them."""

import pytest

from registry.exceptions import InvalidStage
from registry.rules import Stage, is_live, parse_stage, raises_trust

UP = {
    (Stage.NONE, Stage.STAGING),
    (Stage.NONE, Stage.PRODUCTION),
    (Stage.STAGING, Stage.PRODUCTION),
    (Stage.ARCHIVED, Stage.STAGING),
    (Stage.ARCHIVED, Stage.PRODUCTION),
}


@pytest.mark.parametrize("text", ["production", "Production", "PRODUCTION"])
def test_a_stage_is_read_in_any_case(text):
    assert parse_stage(text) is Stage.PRODUCTION


@pytest.mark.parametrize("text", ["Bogus", "", "Deleted_Internal", "prod"])
def test_a_word_that_is_no_stage_is_refused_with_the_list_of_stages(text):
    with pytest.raises(InvalidStage, match="Value must be one of None, Staging, Production, Archived"):
        parse_stage(text)


@pytest.mark.parametrize("before", Stage)
@pytest.mark.parametrize("after", Stage)
def test_only_steps_towards_production_raise_trust(before, after):
    assert raises_trust(before, after) is ((before, after) in UP)


def test_versions_in_staging_and_production_are_live():
    assert [stage for stage in Stage if is_live(stage)] == [Stage.STAGING, Stage.PRODUCTION]
