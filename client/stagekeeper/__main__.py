"""`stagekeeper check fraud 7 --to Production`, also as `python -m stagekeeper`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from stagekeeper import verify_permit
from stagekeeper.importing import import_dvc
from stagekeeper.server import Server, ServerError

#: What the command answers to the shell.
PASS, FAIL, NEEDS_APPROVAL, ERROR = 0, 1, 2, 3
_EXITS = {"pass": PASS, "fail": FAIL, "needs_approval": NEEDS_APPROVAL}
_SIGNS = {"pass": "ok  ", "warn": "warn", "waived": "waiv", "fail": "FAIL", "error": "ERR ", "waiting": "... "}


def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0 pass, 1 fail, 2 needs approval, 3 could not be asked."""
    asked = _parser().parse_args(words)
    if asked.run is verify_permit.run:  # needs no server
        verdict: int = verify_permit.run(asked)
        return verdict
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


def deploy(server: Server, asked: argparse.Namespace) -> int:
    """Ask that a version may run somewhere, and write the permit to a file."""
    wanted = {
        "project": asked.project,
        "model": asked.model,
        "version": asked.version,
        "environment": asked.environment,
        "environment_project": asked.environment_project or asked.project,
        "target": asked.target,
        "image_digest": asked.image.rpartition("@")[2],
        "config_digest": asked.config,
        "identity_issuer": os.environ.get("STAGEKEEPER_IDENTITY_ISSUER", ""),
        "identity_subject": os.environ.get("STAGEKEEPER_IDENTITY_SUBJECT", ""),
        "reason": asked.reason,
    }
    said = server.post(["deployments"], wanted)
    Path(asked.permit).write_text(json.dumps(said["permit"]["envelope"]), encoding="utf-8")
    print(
        f"deployment {said['id']} is {said['state']}; its permit until {said['permit']['expires_at']}: {asked.permit}"
    )
    return PASS


def deployed(server: Server, asked: argparse.Namespace) -> int:
    """Report what became of a deployment; the same again is harmless."""
    said = server.post(["deployments", str(asked.deployment), "state"], {"state": asked.state, "note": asked.note})
    print(f"deployment {said['id']} is {said['state']}.")
    return PASS


def sighting(server: Server, asked: argparse.Namespace) -> int:
    """Say what runs at a target; exits 1 when nobody let it run there."""
    seen = {"target": asked.target, "content_digest": asked.digest, "image_digest": asked.image.rpartition("@")[2]}
    said = server.post(["environments", asked.project, asked.environment, "sightings"], {"sightings": [seen]})
    for alert in said["alerts"]:
        print(f"alert {alert['id']}: {alert['message']}")
    return FAIL if said["alerts"] else PASS


def check_policy(server: Server, asked: argparse.Namespace) -> int:
    """Say what is wrong with the text of a policy, line by line, or how it differs from the one that holds."""
    try:
        text = sys.stdin.read() if asked.file == "-" else Path(asked.file).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ServerError(f"{asked.file} cannot be read: {error}.") from error
    policies = ["projects", asked.project, "policies"]
    said = server.post([*policies, "validate"], {"text": text})
    for mistake in said["errors"]:
        print(f"{asked.file}:{mistake['line']}: {mistake['message']}")
    if not said["is_valid"]:
        return FAIL
    print(f"{asked.file}: {said['name']} is a policy. {said['held']} holds in {asked.project}.")
    for less in said["difference"]["asks_less"]:
        print(f"  asks for less, so a second person has to agree: {less}")
    if asked.rehearse:
        rehearsal = server.post([*policies, "rehearse"], {"text": text})
        print(rehearsal["message"])
        for step in rehearsal["blocked"]:
            print(f"  {step['model']} {step['version']} to {step['to_stage']}: {'; '.join(step['reasons'])}")
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
    _add_deployments(commands)
    policy = commands.add_parser("policy", help="check the text of a policy").add_subparsers(required=True)
    command = policy.add_parser("check", help=(check_policy.__doc__ or "").splitlines()[0])
    command.set_defaults(run=check_policy)
    command.add_argument("file", help="a YAML file, or - for the standard input")
    command.add_argument("--project", default="default")
    command.add_argument("--rehearse", action="store_true", help="judge the newest steps of the project by it")
    _add_imports(commands.add_parser("import", help="Tell the server what another tool wrote down."))
    return parser


def _add_deployments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = commands.add_parser("verify-permit", help="Verify a permit, offline.")
    verify.set_defaults(run=verify_permit.run)
    verify_permit.add_arguments(verify)
    for name, run in (("deploy", deploy), ("deployed", deployed), ("sighting", sighting)):
        command = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.set_defaults(run=run)
        if name == "deployed":
            command.add_argument("deployment", type=int, help="its number")
            command.add_argument("state", choices=["deploying", "active", "failed", "stopped"])
            command.add_argument("--note", default="")
            continue
        command.add_argument("--project", default="default")
        if name == "deploy":
            command.add_argument("model")
            command.add_argument("version", type=int)
            command.add_argument("--environment", required=True)
            command.add_argument("--environment-project", default="", help="where it is another than the model's")
            command.add_argument("--target", default="", help="else the model's name")
            command.add_argument("--config", default="", help="the digest of the configuration: sha256:…")
            command.add_argument("--permit", default="permit.json", help="the file to write the permit to")
            command.add_argument("--reason", default="")
        else:
            command.add_argument("environment")
            command.add_argument("target")
            command.add_argument("--digest", required=True, help="the content digest of the files that were loaded")
        command.add_argument("--image", default="", help="the image: sha256:… or name@sha256:…")


def _add_imports(parser: argparse.ArgumentParser) -> None:
    tools = parser.add_subparsers(required=True)
    dvc = tools.add_parser("dvc", help=(import_dvc.__doc__ or "").splitlines()[0])
    dvc.set_defaults(run=import_dvc)
    dvc.add_argument("folder", nargs="?", default=".", help="the folder that holds dvc.lock")
    dvc.add_argument("--project", default="", help="else the token's project, or the default one")
    dvc.add_argument("--repository", default="", help="the repository's address; else that of its remote “origin”")


if __name__ == "__main__":
    sys.exit(main())
