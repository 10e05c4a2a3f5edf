"""Gates about what was measured: against a threshold, and against the version that is in use."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.gates.base import Context, Result, error, failed, passed
from approvals.gates.measures import Measure, digests_trained_on, measures_of
from approvals.subject import incumbent_of
from approvals.words import named
from registry.models import ModelVersion
from registry.rules import Stage


def metric_threshold(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the latest value of a metric is high or low enough, on one dataset if the policy names it."""
    metric, dataset = str(config["metric"]), str(config.get("dataset", ""))
    expected = _limits(metric, dataset, config)
    measured = measures_of(context.version, metric)
    measure = next((each for each in measured if not dataset or dataset in (each.dataset, each.digest)), None)
    if measure is None:
        return error(_not_measured(context.version, metric, dataset, measured), observed="nothing", expected=expected)
    observed = f"{measure.text} on {measure.on}" if measure.on else measure.text
    inputs = {"metric": metric, "measure": measure.as_input(), "limits": _texts(config)}
    given = {"observed": observed, "expected": expected, "inputs": inputs}
    if measure.flaw:
        return failed(f"Its {metric} {measure.flaw}: measure it again.", **given)
    if _is_within(measure.value, config):
        return passed(f"Its {metric} is {measure.text}.", **given)
    return failed(f"Its {metric} is {measure.text}, and the policy asks for {expected}.", **given)


def metric_vs_incumbent(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the version is not worse than the one in use by more than the tolerance, on all data that both know."""
    metric, version = str(config["metric"]), context.version
    incumbent = incumbent_of(version, context.target)
    expected = _bar(metric, config, incumbent)
    if incumbent is None:
        sentence = "There is no incumbent: nothing is in Production that it would have to match."
        if context.target != Stage.PRODUCTION:
            sentence = f"There is no incumbent: {context.target} has room for several versions."
        return passed(sentence, observed="no incumbent", expected=expected, inputs={"incumbent": ""})
    ours, theirs = measures_of(version, metric), measures_of(incumbent, metric)
    inputs = {
        "metric": metric,
        "incumbent": str(incumbent),
        "limits": _texts(config),
        "measures": [each.as_input() for each in ours],
        "incumbent_measures": [each.as_input() for each in theirs],
    }
    pairs = _pairs(ours, theirs, str(config.get("dataset", "")), digests_trained_on(version))
    if not pairs:
        sentence = _not_comparable(version, incumbent, metric, ours, theirs)
        return error(sentence, observed="nothing to compare", expected=expected, inputs=inputs)
    return _compare(metric, incumbent, pairs, config, {"expected": expected, "inputs": inputs})


def _compare(
    metric: str,
    incumbent: ModelVersion,
    pairs: list[tuple[Measure, Measure]],
    config: Mapping[str, Any],
    given: dict[str, Any],
) -> Result:
    told = [f"{our.text} against {their.text} on {our.on}" for our, their in pairs]
    given = {"observed": "; ".join(told), **given}
    for our, their in pairs:
        if our.flaw:
            return failed(f"Its {metric} on {our.on} {our.flaw}: measure it again.", **given)
        if their.flaw:
            sentence = f"The {metric} of {incumbent} on {their.on} {their.flaw}: measure the incumbent again."
            return error(sentence, **given)
    worse = [line for line, (our, their) in zip(told, pairs, strict=True) if not _holds(our, their, config)]
    if worse:
        return failed(f"Its {metric} is worse than that of {incumbent}: {named(worse)}.", **given)
    return passed(f"Its {metric} holds against {incumbent}: {named(told)}.", **given)


def _pairs(
    ours: list[Measure], theirs: list[Measure], dataset: str, trained_on: set[str]
) -> list[tuple[Measure, Measure]]:
    """The measures of both versions on the same data, by digest; those on training data only for want of others."""
    by_digest = {each.digest: each for each in reversed(theirs) if each.digest}
    wanted = [each for each in ours if not dataset or dataset in (each.dataset, each.digest)]
    pairs = [(each, by_digest[each.digest]) for each in wanted if each.digest in by_digest]
    return [(our, their) for our, their in pairs if our.digest not in trained_on] or pairs


def _holds(our: Measure, their: Measure, config: Mapping[str, Any]) -> bool:
    """Compared as people write numbers, so that 0.89 is not below 0.9 less 0.01."""
    tolerance = _decimal(config.get("tolerance", 0))
    gain = _decimal(our.value) - _decimal(their.value)
    return (gain if config["direction"] == "higher" else -gain) >= -tolerance


def _is_within(value: float, config: Mapping[str, Any]) -> bool:
    at_least, at_most = config.get("at_least"), config.get("at_most")
    return not (at_least is not None and value < at_least) and not (at_most is not None and value > at_most)


def _limits(metric: str, dataset: str, config: Mapping[str, Any]) -> str:
    words = {"at_least": "at least", "at_most": "at most"}
    limits = " and ".join(f"{words[key]} {config[key]!r}" for key in words if config.get(key) is not None)
    return f"{metric} of {limits}{f' on {dataset}' if dataset else ''}"


def _bar(metric: str, config: Mapping[str, Any], incumbent: ModelVersion | None) -> str:
    tolerance = config.get("tolerance", 0)
    worse = "lower" if config["direction"] == "higher" else "higher"
    by = f" by more than {tolerance!r}" if tolerance else ""
    return f"{metric} not {worse} than that of {incumbent or 'the incumbent'}{by}, on the same data"


def _not_measured(version: ModelVersion, metric: str, dataset: str, measured: list[Measure]) -> str:
    if version.run is None and version.logged_model is None:
        return (
            f"Nobody can know its {metric}: it was registered without the run that made it. Register it with its run."
        )
    if not measured:
        return f"Nobody has logged its {metric}: log it to the run or the logged model."
    known = [each.on for each in measured if each.on]
    where = f"only on {named(known)}" if known else "on a dataset that nothing names"
    return (
        f"Its {metric} was measured {where}, not on {dataset}: evaluate it there and log the metric with its dataset."
    )


def _not_comparable(
    version: ModelVersion, incumbent: ModelVersion, metric: str, ours: list[Measure], theirs: list[Measure]
) -> str:
    for each, measured in ((version, ours), (incumbent, theirs)):
        if not measured:
            return f"Nobody has logged the {metric} of {each}: log it to its run or its logged model."
        if not any(measure.digest for measure in measured):
            return f"Nothing says on which data the {metric} of {each} was measured: log the metric with its dataset."
    here, there = (named([each.on for each in measured if each.digest]) for measured in (ours, theirs))
    return f"Its {metric} was measured on {here}, that of {incumbent} on {there}: evaluate both on the same data."


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else repr(value) for key, value in sorted(config.items())}


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
