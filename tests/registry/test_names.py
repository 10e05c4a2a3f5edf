"""Names, aliases and tag keys that the registry takes and refuses."""

import pytest

from registry.exceptions import InvalidName, InvalidSource
from registry.rules import alias_key, check_alias, check_model_name, check_prompt_source, check_tag, says_prompt


@pytest.mark.parametrize("name", ["fraud", "Fraud détection 2", "欺诈", "a.b-c_d", "50% off", "x" * 256])
def test_a_model_name_may_hold_letters_of_any_script_spaces_and_dots(name):
    check_model_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a/b",
        "a:b",
        ".",
        "..",
        " fraud",
        "fraud ",
        "fraud%20",
        "fr%61ud",
        "fra\u200bud",
        "fra\nud",
        "fra\x00ud",
        "\u202edraug",
        "de\u0301tection",
        "\ud800",
        "x" * 257,
    ],
)
def test_a_model_name_that_could_be_taken_for_another_is_refused(name):
    with pytest.raises(InvalidName):
        check_model_name(name)


@pytest.mark.parametrize("alias", ["champion", "Champion", "123", "blue-green_2", "été", "versions", "v", "v1a"])
def test_an_alias_is_a_word_of_letters_digits_underscores_and_dashes(alias):
    check_alias(alias)


@pytest.mark.parametrize("alias", ["", "a b", "a.b", "a/b", "latest", "LATEST", "v1", "V22", "x" * 256, "a\n"])
def test_an_alias_that_already_means_a_version_or_cannot_be_addressed_is_refused(alias):
    with pytest.raises(InvalidName):
        check_alias(alias)


def test_two_aliases_that_differ_in_case_only_are_the_same():
    assert alias_key("Champion") == alias_key("CHAMPION")
    assert alias_key("STRASSE") == alias_key("straße")


@pytest.mark.parametrize("key", ["team", "mlflow.prompt.text", "a/b c:d", "größe"])
def test_a_tag_key_may_hold_dots_slashes_colons_and_spaces(key):
    check_tag(key, "any value\nat all")


@pytest.mark.parametrize("key", ["", "a=b", "a//b", "../b", "/a", "..", "a/../b", "x" * 251, "a\x00"])
def test_a_tag_key_that_changes_its_meaning_as_a_path_is_refused(key):
    with pytest.raises(InvalidName):
        check_tag(key, "value")


@pytest.mark.parametrize("value", ["x" * 100_001, "a\x00b"])
def test_a_tag_value_has_a_limit_and_no_null_character(value):
    with pytest.raises(InvalidName):
        check_tag("key", value)


def test_only_a_true_tag_makes_a_prompt():
    assert says_prompt({"mlflow.prompt.is_prompt": "True"})
    assert not says_prompt({"mlflow.prompt.is_prompt": "false"})
    assert not says_prompt({})


def test_a_prompt_may_not_name_a_place_as_its_source():
    check_prompt_source("dummy-source")
    with pytest.raises(InvalidSource):
        check_prompt_source("file:///etc/passwd")
