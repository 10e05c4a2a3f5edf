"""Moves the newest version of a model one stage up when it is good enough. For CI; uses the stock MLflow client only.

    python examples/promote.py cancer-risk --to Staging --least-auc 0.95

Exit code 0: promoted, or there already. 1: not good enough, or refused (the sentence says what to do). A token with the
scopes view, request and retire is enough.
"""

import argparse
import sys

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def main() -> int:
    parser = argparse.ArgumentParser(description="Promote the newest version of a model.")
    parser.add_argument("name", help="registered model")
    parser.add_argument("--to", default="Staging", choices=["Staging", "Production"])
    parser.add_argument("--least-auc", type=float, default=0.95)
    arguments = parser.parse_args()

    client = MlflowClient()
    version = max(client.search_model_versions(f"name='{arguments.name}'"), key=lambda found: int(found.version))
    if version.current_stage == arguments.to:
        print(f"{version.name} v{version.version} is in {arguments.to} already")
        return 0

    auc = client.get_run(version.run_id).data.metrics["auc"]
    if auc < arguments.least_auc:
        print(f"{version.name} v{version.version} has auc {auc:.3f}, less than {arguments.least_auc}", file=sys.stderr)
        return 1
    try:
        client.transition_model_version_stage(version.name, version.version, arguments.to)
    except MlflowException as refusal:
        print(refusal.message, file=sys.stderr)
        return 1
    print(f"{version.name} v{version.version} is in {arguments.to} (auc {auc:.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
