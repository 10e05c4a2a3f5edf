"""Governed aliases by page and by API."""

import pytest

from accounts.roles import Action
from registry.models import AliasRule
from registry.operations import govern_alias, set_alias
from registry.rules import Stage
from tests.native_api import call, results

PAGE = "/projects/default/aliases"
RULES = "/projects/default/governed-aliases"
WANTED = {"pattern": "champion", "stages": ["Production"], "right": "manage", "reason": "Services load it."}


@pytest.fixture
def rule(admin, project):
    return govern_alias(admin, project, "champion", stages=["Production"], action=Action.MANAGE)


def test_a_project_admin_governs_and_frees_on_the_page(admin, session_of):
    browser = session_of(admin)
    form = {"pattern": "champion", "stages": ["Staging", "Production"], "action": "roll_back", "reason": "Loaded."}

    page = browser.post(PAGE, form, follow=True).text
    assert "@champion is governed now." in page
    assert "maintainers, approvers and deployers" in page

    rule = AliasRule.objects.get()
    assert "Contributors can point it at any version" in browser.get(f"{PAGE}/{rule.pk}/free").text
    assert "@champion is free again." in browser.post(f"{PAGE}/{rule.pk}/free", {"reason": ""}, follow=True).text
    assert not AliasRule.objects.open().exists()
    assert browser.get(f"{PAGE}/{rule.pk}/free").status_code == 404


def test_a_wrong_rule_is_said_at_its_field(admin, session_of):
    page = session_of(admin).post(PAGE, {"pattern": "production", "stages": ["Staging"], "action": "write"}).text

    assert "follows a stage by itself" in page
    assert not AliasRule.objects.exists()


def test_others_see_the_rules_and_change_none(rule, viewer, maintainer, outsider, session_of):
    assert "@champion" in session_of(viewer).get(PAGE).text
    assert "Govern it" not in session_of(maintainer).get(PAGE).text
    assert session_of(maintainer).post(PAGE, {"pattern": "x", "stages": ["None"], "action": "write"}).status_code == 403
    assert session_of(maintainer).post(f"{PAGE}/{rule.pk}/free").status_code == 403
    assert session_of(outsider).get(PAGE).status_code == 404


def test_the_aliases_of_a_model_say_which_are_governed(rule, admin, project, approver, register, session_of):
    register(Stage.PRODUCTION)
    browser = session_of(approver)
    address = "/models/default/fraud/aliases"
    assert "Set alias" not in browser.get(address).text

    govern_alias(admin, project, "champion", stages=["Production"], action=Action.DECIDE)
    page = browser.get(address).text
    assert "stands for versions in Production only" in page
    browser.post(address, {"alias": "champion", "version": "1"})
    assert "@champion" in browser.get(address).text


def test_rules_by_api(admin, viewer, session_of, client_of):
    made = call(session_of(admin), "post", RULES, WANTED, status=201)

    assert {key: made[key] for key in WANTED} == WANTED
    assert made["actor"] == "admin"
    assert results(client_of(viewer), RULES) == [made]
    ended = call(session_of(admin), "post", f"{RULES}/{made['id']}/free", {"reason": "Enough."})
    assert ended["until"] is not None
    call(session_of(admin), "post", RULES, {**WANTED, "pattern": "staging"}, status=400)


def test_a_token_makes_no_rule_and_ends_none(rule, admin, client_of):
    client = client_of(admin)

    for path in (RULES, f"{RULES}/{rule.pk}/free"):
        answer = call(client, "post", path, WANTED, status=403)
        assert "A token cannot do this" in answer["message"]


def test_an_outsider_finds_no_rules(rule, outsider, client_of):
    call(client_of(outsider), "get", RULES, status=404)


def test_the_api_of_aliases_says_what_is_missing(rule, maintainer, register, client_of):
    register()
    client = client_of(maintainer)

    answer = call(client, "put", "/registered-models/default/fraud/aliases/champion", {"version": 1}, status=409)
    assert answer["allowed_stages"] == ["Production"]
    assert "Move it there first" in answer["message"]


def test_an_alias_shows_that_it_was_set_under_a_rule(rule, maintainer, register, client_of):
    set_alias(maintainer, register(Stage.PRODUCTION), "champion")

    shown = call(client_of(maintainer), "get", "/registered-models/default/fraud/aliases/champion")
    assert (shown["version"], shown["kind"]) == (1, "governed")


def test_the_page_costs_a_fixed_number_of_queries(rule, admin, project, session_of, queries_of):
    browser = session_of(admin)
    few = queries_of(browser, PAGE)
    for number in range(20):
        govern_alias(admin, project, f"alias-{number}", stages=["Production"], action=Action.MANAGE)

    assert queries_of(browser, PAGE) == few <= 10
