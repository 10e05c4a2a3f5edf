"""Which names the entities know, and what may be asked of each: all refusals are 400 with a sentence."""

import pytest

from audit.exceptions import InvalidInput
from tracking.search.specs import EXPERIMENTS, LOGGED_MODELS, RUNS, logged_models_on

TAKEN = {
    RUNS: [
        "run_id = 'a'",
        "attributes.run_id IN ('a')",
        "attribute.run_id NOT IN ('a')",
        "attr.status != 'RUNNING'",
        "run.user_id ILIKE 'a%'",
        "`run name` = 'a'",
        "`Run name` = 'a'",
        "`Run Name` = 'a'",
        "artifact_uri LIKE 's3%'",
        "start_time > 5",
        "created >= 1.5",
        "Created < 5",
        "end_time = 5",
        "metric.a > 1",
        "metrics.a != 1",
        "param.a = '1'",
        "parameter.a LIKE '1'",
        "parameters.a IS NULL",
        "params.a IS NOT NULL",
        "tag.a ILIKE '1'",
        "tags.a IS NULL",
        "dataset.name = 'a'",
        "datasets.digest != 'a'",
        "dataset.context IN ('train', 'test')",
    ],
    EXPERIMENTS: [
        "name = 'a'",
        "attribute.name ILIKE 'a'",
        "experiment_id IN ('1', '2')",
        "experiment_id != '1'",
        "creation_time > 5",
        "last_update_time <= 5",
        "tag.a = 'x'",
        "tags.a IS NOT NULL",
    ],
    LOGGED_MODELS: [
        "name IN ('a')",
        "attributes.model_id = 'm-1'",
        "model_type LIKE 'a'",
        "status = 'READY'",
        "source_run_id NOT IN ('a')",
        "artifact_location ILIKE 'a'",
        "experiment_id = '1'",
        "creation_timestamp > 1",
        "creation_time > 1",
        "last_updated_timestamp > 1",
        "metrics.a > 1",
        "params.a = 1",
        "params.a = '1'",
        "tags.a != '1'",
    ],
}
REFUSED = {
    RUNS: [
        ("foo = 'a'", "Invalid attribute key 'foo' at position 1"),
        ("tags.a = 'b' AND foo.bar = 'a'", "Invalid entity type 'foo' at position 18"),
        ("lifecycle_stage = 'active'", "Invalid attribute key"),
        ("metrics.a = 'x'", "expected a number"),
        ("metrics.a LIKE 'x'", "Invalid comparator 'LIKE'"),
        ("metrics.a IS NULL", "Invalid comparator 'IS NULL'"),
        ("metrics.a IN ('1')", "Invalid comparator 'IN'"),
        ("params.a = 1", "expected a quoted string"),
        ("params.a > '1'", "Invalid comparator '>'"),
        ("params.a IN ('1')", "Invalid comparator 'IN'"),
        ("tags.a IN ('1')", "Invalid comparator 'IN'"),
        ("status IN ('RUNNING')", "Invalid comparator 'IN'"),
        ("status IS NULL", "Invalid comparator 'IS NULL'"),
        ("status > 'RUNNING'", "Invalid comparator '>'"),
        ("start_time > '5'", "expected a whole number"),
        ("start_time LIKE '5'", "Invalid comparator 'LIKE'"),
        ("run_id = 5", "expected a quoted string"),
        ("dataset.foo = 'a'", "Invalid dataset key 'foo'"),
        ("dataset.name > 'a'", "Invalid comparator '>'"),
        ("dataset.name IS NULL", "Invalid comparator"),
    ],
    EXPERIMENTS: [
        ("metrics.a > 1", "Invalid entity type 'metrics'"),
        ("name IN ('a')", "Invalid comparator 'IN'"),
        ("experiment_id = 1", "expected a quoted string"),
        ("experiment_id = 'a'", "must be a valid integer"),
        ("experiment_id IN ('1', 'a')", "must be a valid integer"),
        ("experiment_id LIKE '1%'", "Invalid comparator 'LIKE'"),
        ("creation_time = 'x'", "expected a whole number"),
        ("name IS NULL", "Invalid comparator"),
    ],
    LOGGED_MODELS: [
        ("tags.a IS NULL", "Invalid comparator 'IS NULL'"),
        ("metrics.a = '1'", "expected a number"),
        ("dataset.name = 'a'", "Invalid entity type 'dataset'"),
        ("creation_time = 'a'", "expected a whole number"),
    ],
}


@pytest.mark.parametrize(
    ("spec", "text"),
    [(spec, text) for spec, texts in TAKEN.items() for text in texts],
    ids=lambda value: str(value)[:30],
)
def test_a_name_is_known(spec, text):
    (condition,) = spec.conditions(text)

    assert condition.q()


@pytest.mark.parametrize(
    ("spec", "text", "sentence"),
    [(spec, *case) for spec, cases in REFUSED.items() for case in cases],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_fit_a_name_is_refused_with_a_sentence(spec, text, sentence):
    with pytest.raises(InvalidInput) as refusal:
        spec.conditions(text)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "terms", [["metrics.a"], ["params.`a b` DESC", "tags.c"], ["created"], ["user_id", "end_time"]]
)
def test_runs_are_ordered_by_attributes_metrics_params_and_tags(terms):
    assert len(RUNS.orders(terms)) == len(terms)


@pytest.mark.parametrize("term", ["foo", "dataset.name", "`run name`", "lifecycle_stage", "foo.bar"])
def test_runs_are_not_ordered_by_anything_else(term):
    with pytest.raises(InvalidInput):
        RUNS.orders([term])


@pytest.mark.parametrize("terms", [["metrics.a", "metric.a DESC"], ["start_time", "created"]])
def test_an_order_that_names_something_twice_is_refused_under_any_spelling(terms):
    with pytest.raises(InvalidInput, match="duplicate fields"):
        RUNS.orders(terms)


def test_experiments_are_not_ordered_by_tags():
    with pytest.raises(InvalidInput, match="cannot be ordered"):
        EXPERIMENTS.orders(["tags.a"])


def test_datasets_need_a_name():
    with pytest.raises(InvalidInput, match="dataset_name"):
        logged_models_on([{"dataset_digest": "a"}])
