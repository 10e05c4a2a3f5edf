"""`stagekeeper check fraud 7 --to Production`, also as `python -m stagekeeper`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from stagekeeper.importing import import_dvc
from stagekeeper.server import Server, ServerError

#: What the command answers to the shell.
PASS, FAIL, NEEDS_APPROVAL, ERROR = 0, 1, 2, 3
_EXITS = {"pass": PASS, "fail": FAIL, "needs_approval": NEEDS_APPROVAL}
_SIGNS = {"pass": "ok  ", "warn": "warn", "waived": "waiv", "fail": "FAIL", "error": "ERR ", "waiting": "... "}


def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0 pass, 1 fail, 2 needs approval, 3 could not be asked."""
    asked = _parser().parse_args(words)
    try:
        answer: int = asked.run(Server.from_environment(asked.server), asked)
    except ServerError as error:
        print(f"stagekeeper: {error}", file=sys.stderr)
        return ERROR
    return answer


def check(server: Server, asked: argparse.Namespace) -> int:
    """Say whether a version could enter a stage, gate by gate."""
    said = server.get(_version(asked, "check"), to=asked.to)
    print(f"{asked.model} {asked.version} to {asked.to}: {said['message']}")
    print(f"policy {said['policy']}, tier {said['tier']}, {said['missing_approvals']} approvals missing")
    for gate in said["gates"]:
        print(f"  {_SIGNS.get(gate['outcome'], gate['outcome'])}  {gate['name']}: {gate['sentence']}")
    if said["request_url"]:
        print(f"request {said['request']}: {said['request_url']}")
    return _EXITS[said["result"]]


def promote(server: Server, asked: argparse.Namespace) -> int:
    """Move a version to a stage, or open the request for it; repeating the call is harmless."""
    try:
        server.post(_version(asked, "transition"), {"stage": asked.to, "reason": asked.reason})
    except ServerError as error:
        if "missing_approvals" not in error.body:
            raise
        print(error.sentence)
        return NEEDS_APPROVAL
    print(f"{asked.model} {asked.version} is in {asked.to}.")
    return PASS


def report(server: Server, asked: argparse.Namespace) -> int:
    """Post what a job found about a version."""
    result: dict[str, Any] = {
        "name": asked.name,
        "kind": "scan" if asked.scan else "check",
        "passed": asked.result == "passed",
        "summary": asked.summary,
        "url": asked.url,
    }
    server.post(_version(asked, "check-results"), result)
    print(f"{asked.name} of {asked.model} {asked.version}: {asked.result}")
    return PASS


def _version(asked: argparse.Namespace, rest: str) -> list[str]:
    return ["registered-models", asked.project, asked.model, "versions", str(asked.version), rest]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stagekeeper", description="Ask a Stagekeeper server about promotions.")
    parser.add_argument("--server", default="", help="its address; else STAGEKEEPER_URL or MLFLOW_TRACKING_URI")
    commands = parser.add_subparsers(required=True)
    for name, run in (("check", check), ("promote", promote), ("report", report)):
        command = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.set_defaults(run=run)
        command.add_argument("model")
        command.add_argument("version", type=int)
        command.add_argument("--project", default="default")
        if name == "report":
            command.add_argument("name", help="what the policy calls the check")
            command.add_argument("result", choices=["passed", "failed"])
            command.add_argument("--scan", action="store_true", help="it is a scan, not a check")
            command.add_argument("--summary", default="")
            command.add_argument("--url", default="")
        else:
            command.add_argument("--to", default="Production", choices=["Staging", "Production"])
            command.add_argument("--reason", default="")
    _add_imports(commands.add_parser("import", help="Tell the server what another tool wrote down."))
    return parser


def _add_imports(parser: argparse.ArgumentParser) -> None:
    tools = parser.add_subparsers(required=True)
    dvc = tools.add_parser("dvc", help=(import_dvc.__doc__ or "").splitlines()[0])
    dvc.set_defaults(run=import_dvc)
    dvc.add_argument("folder", nargs="?", default=".", help="the folder that holds dvc.lock")
    dvc.add_argument("--project", default="", help="else the token's project, or the default one")
    dvc.add_argument("--repository", default="", help="the repository's address; else that of its remote “origin”")


if __name__ == "__main__":
    sys.exit(main())
