"""`make demo`: fills the Stagekeeper at STAGEKEEPER_URL (http://127.0.0.1:8000) with a realistic estate.

It signs in with STAGEKEEPER_TOKEN, the token of a platform admin, or else issues one on the data folder DATA_DIR. What
is there already is left as it is, so running it twice adds nothing.
"""

import argparse
import os
import sys

from demo.access import Access
from demo.entrance import Entrance
from demo.people import PEOPLE
from demo.progress import Progress
from demo.server import Stop

_URL = "http://127.0.0.1:8000"


def main() -> int:
    """Fill the server; return the exit status."""
    parser = argparse.ArgumentParser(description="Fill a running Stagekeeper with a realistic estate.")
    parser.add_argument("--small", action="store_true", help="a tenth of the runs")
    small = parser.parse_args().small
    for name in ("MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_WORKSPACE"):
        os.environ.pop(name, None)  # where this shell last worked is no business of the demo
    os.environ |= {
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        "MPLBACKEND": "agg",
    }
    try:
        _fill(Entrance(os.environ.get("STAGEKEEPER_URL") or _URL), small=small)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    return 0


def _fill(entrance: Entrance, *, small: bool) -> None:
    print(f"Filling {entrance.server.url} as {entrance.name}.")
    progress = Progress()
    access = Access(entrance.server, progress, small=small)
    try:
        access.set_up()
        _work(access, progress)
    finally:
        _show_logins(entrance.server.url, access)
    print(f"Done in {progress.seconds:.0f} s: {progress.made or 'nothing'} new.")


def _work(access: Access, progress: Progress) -> None:
    # Only now, because the client and scikit-learn take seconds to load.
    from demo.models import register_models
    from demo.studies import run_studies

    run_studies(access, progress)
    register_models(access, progress)


def _show_logins(url: str, access: Access) -> None:
    shown = [(person, access.passwords[person.username]) for person in PEOPLE if person.username in access.passwords]
    if shown:
        print(f"Sign in at {url}/sign-in as one of them; the passwords are shown this once:")
    for person, password in shown:
        print(f"  {person.username:<10}{password:<20}{person.can}")


if __name__ == "__main__":
    sys.exit(main())
