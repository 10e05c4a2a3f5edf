"""axe-core finds nothing serious on any page, at both widths, in both themes; and no page complains or is too wide."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.estate import Estate
from tests.pages import addresses, is_page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """
async options => (await axe.run(document, options)).violations
  .filter(found => ["serious", "critical"].includes(found.impact))
  .flatMap(found => found.nodes.map(node => `${found.id}: ${node.target.join(" ")}: ${node.failureSummary}`))
"""
_ALL = {"resultTypes": ["violations"]}
#: Colours are the same at every width; they are looked at once in either theme.
_COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
_NO_COLOURS = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}


@pytest.fixture
def estate(settings, tmp_path, project, admin, maintainer, approver):
    settings.ARTIFACT_ROOT = str(tmp_path)
    return Estate(project, admin, maintainer, approver)


@pytest.fixture
def pages(estate, session_of):
    """The addresses of all pages that the administrator may open."""
    browser = session_of(estate.admin)
    return [address for address in addresses(estate) if _opens(browser.get(address))]


def _opens(answer):
    return answer.status_code == 200 and not answer.streaming and is_page(answer)


def _violations(page: Page, options: dict) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    return [f"{page.url}: {found}" for found in page.evaluate(_RUN, options)]


@pytest.mark.timeout(600)
def test_wide_pages_have_no_serious_violation_in_either_theme(open_as, estate, pages):
    page = open_as(estate.admin, reduced_motion="reduce")
    found = []
    for address in pages:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        found += _violations(page, _ALL)
        page.emulate_media(color_scheme="dark")
        found += _violations(page, _COLOURS)
    assert found == [], "\n".join(found)


@pytest.mark.timeout(600)
def test_narrow_pages_have_no_serious_violation(open_as, estate, pages):
    page = open_as(estate.admin, 390, "dark", reduced_motion="reduce")
    found = []
    for address in pages:
        page.goto(address)
        found += _violations(page, _NO_COLOURS)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("role", ["approver", "viewer"])
def test_others_meet_no_serious_violation_on_the_main_pages(role, open_as, estate, session_of, request):
    person = request.getfixturevalue(role)
    browser = session_of(person)
    found = []
    for width in (1440, 390):
        page = open_as(person, width, "light" if role == "viewer" else "dark", reduced_motion="reduce")
        for address in _main_pages(estate):
            if _opens(browser.get(address)):
                page.goto(address)
                found += _violations(page, _ALL if width == 1440 else _NO_COLOURS)
    assert found == [], "\n".join(found)


def _main_pages(estate: Estate) -> list[str]:
    """What people other than administrators look at most; some buttons and forms are only theirs."""
    model = f"/models/{estate.project.slug}/{estate.model.name}"
    version = f"{model}/versions/{estate.request.version.number}"
    asked = f"/requests/{estate.request.pk}"
    return [
        *(
            "/",
            "/models",
            model,
            version,
            f"{version}/transition?to=Production",
            f"{model}/policy",
            f"{model}/roll-back",
        ),
        *("/requests", "/requests?show=open", asked, f"{asked}/cancel", f"{asked}/waive?gate=integrity"),
        *("/deployments", "/audit", "/profile", f"/projects/{estate.project.slug}/policy", f"/runs/{estate.runs[0]}"),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_has_no_serious_violation(open_as, admin, theme):
    page = open_as(admin, 390, theme)
    page.context.clear_cookies()
    page.goto("/sign-in")
    assert _violations(page, _ALL) == []
