"""Governed aliases: who may set them, for which stages they stand, and that they let go by themselves."""

import threading
import time
from contextlib import closing, suppress
from fnmatch import fnmatchcase

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import Hidden, InvalidInput, InvalidState, PermissionDenied, Refusal
from audit.models import AuditEvent
from registry.exceptions import AliasFollowsStage, AliasIsGoverned, InvalidName
from registry.models import AliasInterval, AliasKind, AliasRule, RegisteredModel
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_alias,
    free_alias,
    govern_alias,
    restore_model_version,
    roll_back,
    set_alias,
    transition_stage,
)
from registry.queries import get_model
from registry.rules import Stage, matches_alias

LIVE = [Stage.PRODUCTION]
PROMPT = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "Hello"}


@pytest.fixture
def aliases(contributor, model):
    """Reads the free and governed aliases of `fraud` as they are now."""

    def read():
        found = get_model(contributor, model.project_id, "fraud").aliases
        return {alias: number for alias, number in found.items() if alias not in ("production", "staging")}

    return read


@pytest.fixture
def rule(admin, project):
    """`champion` stands for versions in Production; maintainers and project admins set it."""
    return govern_alias(admin, project, "champion", stages=LIVE, action=Action.MANAGE, reason="Services load it.")


def test_a_rule_is_recorded_in_the_log_of_the_project(rule, admin, project, last_event):
    event = last_event(project)

    assert event["action"] == "project.alias_governed"
    assert event["after"] == {"alias": "champion", "stages": ["Production"], "right": "manage"}
    changed = govern_alias(admin, project, "CHAMPION", stages=["Staging", "Production"], action=Action.WRITE)
    assert last_event(project)["before"] == event["after"]
    assert list(AliasRule.objects.open()) == [changed]


@pytest.mark.parametrize("who", ["maintainer", "approver", "contributor", "viewer"])
def test_only_project_admins_govern_and_free(request, who, rule, project):
    person = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied):
        govern_alias(person, project, "stable", stages=LIVE, action=Action.WRITE)
    with pytest.raises(PermissionDenied):
        free_alias(person, rule)


def test_outsiders_do_not_learn_of_the_project(outsider, project):
    with pytest.raises(Hidden):
        govern_alias(outsider, project, "stable", stages=LIVE, action=Action.WRITE)


@pytest.mark.parametrize("pattern", ["production", "Staging", "latest", "v7", "", "a b", "a.b*", "*" * 300])
def test_mirrors_and_words_that_are_no_aliases_cannot_be_governed(admin, project, pattern):
    with pytest.raises(InvalidName):
        govern_alias(admin, project, pattern, stages=LIVE, action=Action.WRITE)


@pytest.mark.parametrize(
    ("stages", "action"), [([], "write"), (["Somewhere"], "write"), (LIVE, "view"), (LIVE, "govern")]
)
def test_a_rule_names_stages_and_a_right(admin, project, stages, action):
    with pytest.raises(InvalidInput):
        govern_alias(admin, project, "champion", stages=stages, action=action)


@pytest.mark.parametrize(
    ("pattern", "alias", "matches"),
    [
        ("champion", "champion", True),
        ("champion", "Champion", True),
        ("champion", "champion2", False),
        ("prod-*", "PROD-eu", True),
        ("prod-*", "prod", False),
        ("*", "anything", True),
        ("a*b", "a-b", True),
        ("STRASSE", "straße", True),
    ],
)
def test_a_pattern_names_aliases_without_regard_to_case(pattern, alias, matches):
    assert matches_alias(pattern, alias) is matches


@settings(deadline=None, max_examples=500)
@given(st.text("ab*", max_size=7), st.text("ab", max_size=9))
def test_a_pattern_means_what_it_means_in_a_shell(pattern, alias):
    assert matches_alias(pattern, alias) is fnmatchcase(alias, pattern)


def test_no_pattern_takes_long():
    begun = time.perf_counter()

    assert not matches_alias("a*" * 120 + "b", "a" * 255)
    assert matches_alias("a*" * 120 + "a", "a" * 255)
    assert time.perf_counter() - begun < 1


def test_a_governed_alias_takes_the_stage_and_the_right(rule, contributor, maintainer, register, aliases):
    candidate, live = register(), register(Stage.PRODUCTION)

    with pytest.raises(AliasIsGoverned, match="in Production only, and fraud/1 is in stage None"):
        set_alias(maintainer, candidate, "Champion")
    with pytest.raises(PermissionDenied, match="maintainer"):
        set_alias(contributor, live, "champion")
    set_alias(maintainer, live, "Champion")

    assert aliases() == {"Champion": 2}
    assert AliasInterval.objects.get(key="champion").kind == AliasKind.GOVERNED
    with pytest.raises(PermissionDenied):
        delete_alias(contributor, live.model, "champion")
    delete_alias(maintainer, live.model, "champion")
    assert aliases() == {}


def test_other_aliases_stay_free(rule, contributor, version, aliases):
    set_alias(contributor, version, "challenger")

    assert aliases() == {"challenger": 1}


def test_every_rule_that_names_an_alias_counts(rule, admin, maintainer, register, project):
    govern_alias(admin, project, "champ*", stages=["Staging", "Production"], action=Action.DEPLOY)

    with pytest.raises(PermissionDenied, match="deployer"):
        set_alias(maintainer, register(Stage.PRODUCTION), "champion")


def test_a_wide_pattern_leaves_the_mirrors_alone(admin, project, maintainer, register):
    govern_alias(admin, project, "*", stages=["Archived"], action=Action.MANAGE)
    version = register(Stage.PRODUCTION)

    assert AliasInterval.objects.open().get(key="production").version == version
    with pytest.raises(AliasFollowsStage):
        set_alias(maintainer, version, "production")


def test_it_lets_go_when_the_version_leaves_its_stage(rule, maintainer, register, aliases, last_event):
    first, second = register(Stage.PRODUCTION), register(Stage.STAGING)
    set_alias(maintainer, first, "champion")
    set_alias(maintainer, first, "free")

    transition_stage(maintainer, second, Stage.PRODUCTION)  # archives the first

    assert aliases() == {"free": 1}
    event = last_event(first.model)
    assert event["action"] == "registered_model.alias_detached"
    assert (event["before"], event["after"]) == ({"alias": "champion", "version": 1}, {"stage": "Archived"})


def test_it_lets_go_when_production_is_rolled_back(rule, maintainer, register, aliases):
    register(Stage.PRODUCTION)
    second = register(Stage.PRODUCTION)
    set_alias(maintainer, second, "champion")

    roll_back(maintainer, second.model.versions.get(number=1), reason="The second is wrong.")

    assert aliases() == {}


def test_what_does_not_fit_lets_go_when_the_rule_is_made(admin, project, contributor, register, aliases):
    set_alias(contributor, register(), "champion")
    set_alias(contributor, register(Stage.PRODUCTION), "champion-eu")

    govern_alias(admin, project, "champion*", stages=LIVE, action=Action.MANAGE)

    assert aliases() == {"champion-eu": 2}
    assert AuditEvent.objects.filter(action="registered_model.alias_detached").count() == 1


def test_prompts_have_no_stages_and_keep_their_aliases(rule, contributor, project):
    prompt = create_registered_model(contributor, project, "greeting", tags={"mlflow.prompt.is_prompt": "true"})
    version = create_model_version(contributor, prompt, "prompt-template", tags=PROMPT)

    set_alias(contributor, version, "champion")

    assert AliasInterval.objects.open().get().version == version


def test_a_rule_ends_and_the_alias_is_free_again(rule, admin, contributor, version, aliases, project, last_event):
    free_alias(admin, rule, reason="No longer needed.")

    set_alias(contributor, version, "champion")
    assert aliases() == {"champion": 1}
    assert last_event(project)["action"] == "project.alias_freed"
    with pytest.raises(InvalidState):
        free_alias(admin, rule)


def test_a_version_without_aliases_costs_one_query_more(register, maintainer, django_assert_max_num_queries, rule):
    version = register(Stage.STAGING)
    with django_assert_max_num_queries(40) as few:
        transition_stage(maintainer, version, Stage.ARCHIVED)

    assert sum("aliasrule" in query["sql"] for query in few.captured_queries) == 0


def assert_aliases_fit():
    """No governed alias stands for a version whose stage its rules do not take."""
    rules = list(AliasRule.objects.open())
    for alias in AliasInterval.objects.open().exclude(kind=AliasKind.MIRROR).select_related("version__model"):
        for rule in rules:
            assert not rule.names(alias.alias) or alias.version.stage in rule.stages


STEPS = st.one_of(
    st.tuples(st.just("move"), st.integers(0, 2), st.sampled_from(list(Stage))),
    st.tuples(st.just("alias"), st.integers(0, 2), st.sampled_from(["champion", "Champ", "other"])),
    st.tuples(st.just("unalias"), st.just(0), st.sampled_from(["champion", "Champ", "other"])),
    st.tuples(st.just("roll back"), st.integers(0, 2), st.none()),
    st.tuples(st.just("restore"), st.integers(0, 2), st.none()),
    st.tuples(st.just("govern"), st.lists(st.sampled_from(list(Stage)), min_size=1), st.sampled_from(["champ*", "o*"])),
    st.tuples(st.just("free"), st.just(0), st.none()),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_after_every_step_governed_aliases_fit(admin, maintainer, project, steps):
    numbers = RegisteredModel.objects.count()
    model = create_registered_model(maintainer, project, f"m{numbers}")
    versions = [create_model_version(maintainer, model, "s3://bucket/x") for _ in range(3)]

    def take(step, which, what):
        if step == "move":
            transition_stage(maintainer, versions[which], what)
        elif step == "alias":
            set_alias(maintainer, versions[which], what)
        elif step == "unalias":
            delete_alias(maintainer, model, what)
        elif step == "roll back":
            roll_back(maintainer, versions[which], reason="Back.")
        elif step == "restore":
            restore_model_version(maintainer, versions[which])
        elif step == "govern":
            govern_alias(admin, project, what, stages=which, action=Action.WRITE)
        else:
            free_alias(admin, AliasRule.objects.order_by("-pk").first() or AliasRule(project=project))

    for step in steps:
        with suppress(Refusal, AliasRule.DoesNotExist):
            take(*step)
        assert_aliases_fit()


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_a_rule_and_an_alias_at_the_same_time_leave_nothing_that_does_not_fit(admin, maintainer, project, register):
    version = register()
    begin = threading.Barrier(2)

    def run(work):
        with closing(connection), suppress(Refusal):
            begin.wait(5)
            work()

    def person(principal):
        return Principal(User.objects.get(pk=principal.user.pk), auth="session")

    for turn in range(8):
        alias = f"a{turn}"
        threads = [
            threading.Thread(target=run, args=[work])
            for work in (
                lambda alias=alias: govern_alias(person(admin), project, alias, stages=LIVE, action=Action.WRITE),
                lambda alias=alias: set_alias(person(maintainer), version, alias),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert_aliases_fit()
