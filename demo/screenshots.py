"""`make screenshots`: photographs the pages of a server that `make demo` has filled, for docs/pages.md.

Every page at two widths and in both themes, as small PNG files in docs/screenshots. It signs in with STAGEKEEPER_LOGIN
(name:password of the administrator) at STAGEKEEPER_URL.
"""

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, TimeoutError as Late, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
#: Width, and how much of a page is shown at most.
SIZES = {"wide": (1440, 1150), "narrow": (390, 1150)}
_HEIGHT = 800
THEMES = ("light", "dark")
_COLOURS = 64
_PATIENCE = 1_500


def main() -> int:
    """Take all pictures; only those whose name contains the argument when one is given."""
    url = os.environ.get("STAGEKEEPER_URL") or "http://127.0.0.1:8000"
    name, _, password = os.environ.get("STAGEKEEPER_LOGIN", "").partition(":")
    if not password:
        print("Say who looks: STAGEKEEPER_LOGIN=name:password make screenshots", file=sys.stderr)
        return 1
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size in SIZES:
            for theme in THEMES:
                _walk(chromium, url, (name, password), size, theme, wanted)
    total = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    print(f"{len(list(FOLDER.glob('*.png')))} pictures, {total / 1_000_000:.1f} MB")
    return 0


def _walk(chromium: Browser, url: str, login: tuple[str, str], size: str, theme: Any, wanted: str) -> None:
    width, _ = SIZES[size]
    context = chromium.new_context(
        base_url=url, viewport={"width": width, "height": _HEIGHT}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/sign-in")
    _shoot(page, "sign-in", size, theme, wanted)
    page.get_by_label("User name").fill(login[0])
    page.get_by_label("Password").fill(login[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    for title, address in _places(page):
        if wanted in title:
            page.goto(address)
            _shoot(page, title, size, theme, wanted)
    context.close()


def _shoot(page: Page, title: str, size: str, theme: str, wanted: str) -> None:
    if wanted not in title:
        return
    with suppress(Late):  # A page that updates by itself is never quiet.
        page.wait_for_load_state("networkidle", timeout=_PATIENCE)
    page.wait_for_timeout(300)
    width, most = SIZES[size]
    height = min(most, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": height})
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.set_viewport_size({"width": width, "height": _HEIGHT})
    small = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{title}-{size}-{theme}.png", optimize=True)


# --- What there is to see ---------------------------------------------------------------------------------------------


def _places(page: Page) -> Iterator[tuple[str, str]]:
    """Names of pictures, and the addresses of what they show."""
    yield "home", "/"
    yield "search", "/search?q=tumour"
    yield "components", "/components"
    yield from _models()
    yield from _experiments(page)
    yield from _promotion(page)
    yield from _deployments(page)
    yield "audit", "/audit"
    yield from _access(page)


def _models() -> Iterator[tuple[str, str]]:
    model = "/models/oncology/tumour-classifier"
    version = f"{model}/versions/4"
    yield "models", "/models"
    yield "model", model
    yield "model-versions", f"{model}/versions"
    yield "model-history", f"{model}/history"
    yield "model-card", f"{model}/card"
    yield "model-card-edit", f"{model}/card/edit"
    yield "prompt", "/models/diabetes-care/summary-letter"
    yield "new-model", "/models/new"
    yield "version", version
    yield "version-files", f"{version}/files"
    yield "version-card", f"{version}/card"
    yield "version-history", f"{version}/history"
    yield "transition", f"{version}/transition?to=Production"
    two = [("version", f"oncology/tumour-classifier/{number}") for number in (2, 4)]
    yield "compare-versions", f"/compare/versions?{urlencode(two)}"


def _experiments(page: Page) -> Iterator[tuple[str, str]]:
    nightly, nets = _experiment(page, "winery", "cultivar-nightly"), _experiment(page, "post-sorting", "digit-networks")
    forests = _experiment(page, "oncology", "tumour-forests")
    networks = [run["uid"] for run in _runs(page, nets, "status = 'FINISHED'")]
    (search,) = [run["uid"] for run in _runs(page, forests, "run_name = 'forest search'")]
    (long,) = [run["uid"] for run in _runs(page, _experiment(page, "post-sorting", "digit-long-run"), "")]
    (kept,) = [
        run["uid"] for run in _runs(page, _experiment(page, "oncology", "tumour-baselines"), "run_name = 'forest-200'")
    ]
    yield "experiments", "/experiments"
    table = "column=metrics.accuracy&column=metrics.valid/loss&column=params.alpha&column=tags.host"
    yield "runs", f"/experiments/{nightly}?{table}&sort=-metrics.accuracy"
    yield "runs-filtered", f"/experiments/{nightly}?q=metrics.accuracy+%3E+0.9+and+params.alpha+%3D+%270.001%27"
    yield "runs-fault", f"/experiments/{nightly}?q=metrics.accuracy+%3E"
    yield "runs-grouped", f"/experiments/{forests}?group=params.criterion"
    yield "run", f"/runs/{networks[0]}"
    yield "run-long", f"/runs/{long}"
    yield "run-files", f"/runs/{kept}/artifacts"
    for name, path in (("picture", "plots/confusion.png"), ("table", "tables/holdout.parquet")):
        yield f"run-file-{name}", f"/runs/{kept}/artifacts?{urlencode({'path': path})}"
    yield "run-file-notebook", f"/runs/{kept}/artifacts?{urlencode({'path': 'reports/look.ipynb'})}"
    yield "sweep", f"/runs/{search}/children"
    chosen = urlencode([("run", uid) for uid in networks[:5]])
    for view in ("", "curves", "parallel", "scatter"):
        yield f"compare-{view or 'table'}", f"/compare/runs?{chosen}&view={view}"
    (output,) = _get(page, f"runs/{kept}")["model_outputs"]
    yield "logged-model", f"/logged-models/{output['logged_model']}"


def _promotion(page: Page) -> Iterator[tuple[str, str]]:
    executed = _get(page, "promotion-requests?project=oncology&state=executed")["results"][0]["id"]
    yield "approvals", "/requests?show=open"
    yield "request", f"/requests/{executed}"
    yield "policy", "/projects/oncology/policy"
    yield "policy-edit", "/projects/oncology/policy/edit"
    yield "model-policy", "/models/oncology/tumour-classifier/policy"
    yield "roll-back", "/models/oncology/tumour-classifier/roll-back"


def _deployments(page: Page) -> Iterator[tuple[str, str]]:
    model = "/models/oncology/tumour-classifier"
    active = _get(page, "deployments?project=oncology&state=active")["results"]
    benches = [row["id"] for row in active if row["target"] == "bench-1"]
    alert = _get(page, "deployment-alerts?project=oncology")["results"][0]["id"]
    page.goto("/deployments?project=oncology&environment=prod")
    place = page.get_by_role("region", name="Environments").get_by_role("link", name="prod").first
    yield "deployments", "/deployments"
    yield "deployments-day", f"/deployments?at={datetime.now(UTC):%Y-%m-%d}&project=oncology"
    yield "environment", str(place.get_attribute("href"))
    yield "new-environment", "/environments/new"
    yield "deployment", f"/deployments/{benches[0]}"
    if page.request.get(f"{model}/versions/2/deploy").ok:  # which only deployers may
        yield "deploy", f"{model}/versions/2/deploy"
    yield "deployment-roll-back", f"/deployments/{benches[0]}/roll-back"
    yield "alerts", "/deployments/alerts"
    yield "alert", f"/deployments/alerts/{alert}"


def _access(page: Page) -> Iterator[tuple[str, str]]:
    tomas = _get(page, "users?username=tomas")["results"][0]["uid"]
    team = _get(page, "teams?slug=pathology-ml")["results"][0]["id"]
    machine = _get(page, "service-accounts?username=winery-nightly")["results"][0]["uid"]
    yield "projects", "/projects"
    yield "project", "/projects/oncology"
    yield "members", "/projects/oncology/members"
    yield "grant", "/projects/oncology/members/grant"
    yield "team", f"/teams/{team}"
    yield "people", "/people"
    yield "person", f"/people/{tomas}"
    yield "service-account", f"/service-accounts/{machine}"
    yield "explain", "/explain?project=oncology"
    yield "profile", "/profile"
    yield "new-token", "/profile/tokens/new"
    yield "first-steps", "/first-steps"


def _get(page: Page, path: str) -> Any:
    return page.request.get(f"/api/v1/{path}").json()


def _experiment(page: Page, project: str, name: str) -> int:
    asked = urlencode({"project": project, "filter": f"name = '{name}'"})
    return int(_get(page, f"experiments?{asked}")["results"][0]["id"])


def _runs(page: Page, experiment: int, condition: str) -> list[dict[str, Any]]:
    asked = urlencode({"experiment": experiment, "filter": condition})
    found: list[dict[str, Any]] = _get(page, f"runs?{asked}")["results"]
    return found


if __name__ == "__main__":
    sys.exit(main())
