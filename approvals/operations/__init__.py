"""Everything that changes promotions."""

from approvals.operations.break_glass import break_glass, ratify, remind_of_ratification
from approvals.operations.checking import finish_check, refresh_request, store_gate
from approvals.operations.decisions import decide
from approvals.operations.policies import (
    agree_to_policy,
    assign_policy,
    publish_policy,
    publish_shipped,
    set_tier,
    withdraw_policy,
)
from approvals.operations.remarks import add_comment, answer_checklist, post_check_result, waive_gate
from approvals.operations.requests import cancel_request, end_request, open_request, resubmit

__all__ = [
    "add_comment",
    "agree_to_policy",
    "answer_checklist",
    "assign_policy",
    "break_glass",
    "cancel_request",
    "decide",
    "end_request",
    "finish_check",
    "open_request",
    "post_check_result",
    "publish_policy",
    "publish_shipped",
    "ratify",
    "refresh_request",
    "remind_of_ratification",
    "resubmit",
    "set_tier",
    "store_gate",
    "waive_gate",
    "withdraw_policy",
]
