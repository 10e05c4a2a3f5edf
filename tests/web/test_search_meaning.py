"""What a text in the search box is taken for."""

import pytest

from web.search.meaning import Meaning, read

RUN = "0af4b2c1d3e4f5a6b7c8d9e0f1a2b3c4"
LOGGED = f"m-{RUN}"


@pytest.mark.parametrize(
    "text",
    ["fraud 7", "fraud v7", "fraud/7", " fraud  /  7 ", "fraud:7", "fraud V7"],
)
def test_a_name_and_a_number_name_a_version(text):
    meaning = read(text)

    assert (meaning.model, meaning.number, meaning.exact) == ("fraud", 7, False)
    assert meaning.names_version


def test_a_name_with_spaces_keeps_them():
    assert read("credit risk EU 12").model == "credit risk EU"


@pytest.mark.parametrize(
    ("text", "model", "number", "word"),
    [
        ("models:/fraud/7", "fraud", 7, ""),
        ("models:/fraud/7/model.pkl", "fraud", 7, ""),
        ("models:/fraud@champion", "fraud", None, "champion"),
        ("models:/fraud/Production", "fraud", None, "Production"),
        ("models:/fraud", "fraud", None, ""),
        ("http://host:5000/#/models/fraud/versions/3", "fraud", 3, ""),
        ("http://host/models/default/fraud/versions/3", "fraud", 3, ""),
        ("#/models/my%20model/versions/3", "my model", 3, ""),
        ("/models/default/fraud", "fraud", None, ""),
    ],
)
def test_a_uri_or_address_of_a_model_means_that_alone(text, model, number, word):
    meaning = read(text)

    assert (meaning.model, meaning.number, meaning.word) == (model, number, word)
    assert meaning.exact


@pytest.mark.parametrize(
    "text",
    [
        f"runs:/{RUN}/model",
        f"http://host/#/experiments/1/runs/{RUN}",
        f"https://host/#/experiments/1/runs/{RUN}/artifactPath/model",
        f"/runs/{RUN}",
        f"mlflow-artifacts:/1/{RUN}/artifacts/model",
        f"mlflow-artifacts://host/1/{RUN}/artifacts",
    ],
)
def test_a_uri_or_address_of_a_run_means_that_alone(text):
    assert (read(text).run, read(text).exact) == (RUN, True)


@pytest.mark.parametrize(
    "text", [LOGGED, f"models:/{LOGGED}", f"http://host/#/experiments/1/models/{LOGGED}", f"/logged-models/{LOGGED}"]
)
def test_logged_models_are_known_by_their_id(text):
    assert read(text).logged_model == LOGGED


def test_digits_may_be_the_number_of_an_experiment_or_begin_an_id():
    assert read("12") == Meaning("12", experiment=12)
    assert (read("1234").experiment, read("1234").hex) == (1234, "1234")
    assert read("http://host/#/experiments/12").experiment == 12


@pytest.mark.parametrize("text", ["3f2a91c4", "3F2A91C4", "sha256:3f2a91c4"])
def test_hexadecimal_text_may_begin_an_id_or_digest(text):
    assert read(text).hex == "3f2a91c4"


@pytest.mark.parametrize(
    "text", ["", "  ", "\0", "abc", "fraud", "models:/", "http://host/", "runs:/abc", "a/b/c", "@", "x" * 9999]
)
def test_anything_else_is_just_text(text):
    meaning = read(text)

    assert meaning == Meaning(meaning.text)
    assert len(meaning.text) <= 300
