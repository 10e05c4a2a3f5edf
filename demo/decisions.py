"""Asks for a version in Production, and lets an approver decide on the page of the request."""

import time

from demo.access import Access
from demo.catalogue import Step
from demo.people import APPROVER
from demo.server import Stop

_PATIENCE = 60


def ask(access: Access, path: str, step: Step) -> None:
    """Open the request as a person of the project; unless it stays undecided, approve it as another."""
    _, project, name = path.split("/", 2)
    body = {"project": project, "model": name, "version": step.version, "to_stage": "Production", "reason": step.reason}
    opened = access.server.post("promotion-requests", body, token=access.token_of(step.who))
    if step.undecided:
        return
    subject = _checked(access, opened["id"])
    access.browser_of(APPROVER).approve(opened["id"], subject, "Looked at the numbers and the card.")
    state = access.server.get(f"promotion-requests/{opened['id']}")["state"]
    if state != "executed":
        raise Stop(f"Request {opened['id']} was approved but is {state}.")


def _checked(access: Access, request: int) -> str:
    """Wait until the workers have evaluated the gates; return the digest of what is decided on."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        shown = access.server.get(f"promotion-requests/{request}")
        if shown["subject_digest"]:
            return str(shown["subject_digest"])
        time.sleep(0.1)
    raise Stop(f"The gates of request {request} were not evaluated within {_PATIENCE} s: does the worker run?")
