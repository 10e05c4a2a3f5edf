"""The gate about what a version was made of: whether somebody has said that some of it is bad."""

from collections.abc import Mapping
from typing import Any

from approvals.gates.base import Context, Result, failed, passed
from approvals.recalled import key_of, recalls_of
from approvals.words import named
from lineage.queries.recalled import waived_for


def no_recalled_inputs(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether nothing that the version was made of is recalled, or not by the one recall that is asked about."""
    asked = config.get("recall")
    behind = [recall for recall in recalls_of(context.version) if asked in (None, recall)]
    waived = waived_for(behind, key_of(context.version))
    counting = [recall for recall in behind if recall not in waived]
    given = {"expected": "nothing recalled", "inputs": {"recalls": behind, "waived": sorted(waived)}}
    if counting:
        told = named([f"recall {recall} (/lineage/recalls/{recall})" for recall in counting])
        sentence = f"Something it was made of is bad: {told}. Make it again without that, or let an approver waive it."
        return failed(sentence, observed=named([f"recall {recall}" for recall in counting]), **given)
    if behind:
        sentence = "Something it was made of is recalled, and an approver lets it stay in use."
        return passed(sentence, observed="recalled, and waived", **given)
    return passed("Nothing it was made of is recalled.", observed="nothing recalled", **given)
