"""With what runs were made: their params, latest metrics, command and seed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from accounts.principals import Principal
from lineage import keys
from lineage.particulars import Particulars
from tracking.lineage.kinds import RUNS
from tracking.models import LatestMetric, Param, Run, RunTag

_COMMANDS: Final = ("stagekeeper.command", "mlflow.source.name")
_SEED: Final = "stagekeeper.seed"


def particulars_of_runs(principal: Principal, asked: Sequence[str]) -> Mapping[str, Particulars]:
    """Params, metrics, command and seed of runs; four queries."""
    uids = {key.removeprefix(RUNS) for key in asked}
    runs = dict(Run.objects.visible_to(principal).filter(uid__in=uids).values_list("pk", "uid"))
    params: dict[int, dict[str, str]] = defaultdict(dict)
    for run, key, value in Param.objects.filter(run__in=runs).values_list("run_id", "key", "value"):
        params[run][key] = value
    metrics: dict[int, dict[str, float]] = defaultdict(dict)
    for run, key, figure in LatestMetric.objects.filter(run__in=runs, is_nan=False).values_list(
        "run_id", "key", "value"
    ):
        metrics[run][key] = figure
    tags: dict[int, dict[str, str]] = defaultdict(dict)
    for run, key, value in RunTag.objects.filter(run__in=runs, key__in=(*_COMMANDS, _SEED)).values_list(
        "run_id", "key", "value"
    ):
        tags[run][key] = value
    return {
        keys.run(uid): Particulars(
            params=dict(sorted(params[pk].items())),
            metrics=dict(sorted(metrics[pk].items())),
            command=next((tags[pk][key] for key in _COMMANDS if key in tags[pk]), ""),
            seed=tags[pk].get(_SEED, ""),
        )
        for pk, uid in runs.items()
    }
