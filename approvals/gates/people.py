"""The gate about what people have looked at: a checklist that they tick on the request."""

from collections.abc import Mapping
from typing import Any

from approvals.gates.base import Context, Result, failed, passed, warned
from approvals.models import ChecklistAnswer


def human_checklist(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether somebody has ticked every line; who did is kept."""
    items = list(dict.fromkeys(str(item) for item in config["items"]))
    expected = f"all {len(items)} lines ticked"
    if context.request is None:
        sentence = f"The checklist is ticked on a request: it has {len(items)} lines."
        say = warned if context.trial else failed
        return say(sentence, observed="no request", expected=expected, inputs={"items": items, "ticked": {}})
    answers = ChecklistAnswer.objects.filter(request=context.request, gate=context.gate, item__in=items)
    ticked = {answer.item: answer for answer in answers.select_related("person")}
    missing = [item for item in items if item not in ticked]
    people = ", ".join(sorted({str(answer.person) for answer in ticked.values()}))
    done = f"{len(ticked)} of {len(items)} lines ticked"
    given = {
        "observed": f"{done} by {people}" if people else done,
        "expected": expected,
        "inputs": {"items": items, "ticked": {item: answer.person.uid for item, answer in ticked.items()}},
    }
    if not missing:
        return passed(f"Every line was ticked, by {people}.", **given)
    sentence = f"Not ticked yet: {'; '.join(item.rstrip('.') for item in missing)}."
    return failed(f"{sentence} Ticked so far by {people}." if people else sentence, **given)
