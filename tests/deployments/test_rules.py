"""The rules of deployments, as tables."""

from datetime import UTC, datetime
from itertools import product

import pytest

from deployments import rules
from deployments.exceptions import InvalidDeployment
from deployments.rules import Expected, Seen, Wish, flaw_of, judge

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WINDOW = {"days": ["Mon", "Tue"], "from": "09:00", "to": "12:00"}
A, B = "a" * 64, "b" * 64
IMAGE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def wish(**given):
    return Wish("fraud v7", "default/prod", **given)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, None),
        ({"archived": True}, "archived"),
        ({"is_prompt": True}, "prompt"),
        ({"quarantined": True}, "quarantined"),
        ({"quarantined": True, "is_roll_back": True}, "quarantined"),
        ({"stage": "Staging"}, "stage"),
        ({"stage": "None"}, "stage"),
        ({"stage": "Archived"}, "stage"),
        ({"stage": "Archived", "is_roll_back": True}, None),
        ({"stage": "Staging", "required_stage": "Staging"}, None),
        ({"stage": "Production", "required_stage": "Staging"}, None),
        ({"stage": "Archived", "required_stage": "None"}, None),
        ({"overdue": True}, "overdue"),
        ({"overdue": True, "is_roll_back": True}, None),
        ({"unratified": True}, None),
        ({"unratified": True, "needs_ratified": True}, "unratified"),
        ({"needs_ratified": True}, None),
        ({"needs_image": True}, "image"),
        ({"needs_image": True, "image_digest": IMAGE}, None),
        ({"window": WINDOW}, None),
        ({"window": {**WINDOW, "days": ["Sun"]}}, "window"),
        ({"window": {**WINDOW, "from": "10:01"}}, "window"),
        ({"window": {**WINDOW, "to": "10:00"}}, "window"),
        ({"window": {**WINDOW, "days": ["Sun"]}, "is_roll_back": True}, None),
    ],
)
def test_what_stands_against_a_deployment(given, word):
    flaw = flaw_of(wish(**given), MONDAY)

    assert (flaw and flaw[0]) == word
    assert flaw is None or flaw[1].endswith(".")


@pytest.mark.parametrize(
    ("digest", "kept"),
    [(IMAGE, IMAGE), (IMAGE.removeprefix("sha256:"), IMAGE), (IMAGE.upper().replace("SHA", "sha"), IMAGE), ("", "")],
)
def test_a_digest_is_kept_in_one_form(digest, kept):
    assert rules.check_digest("It", digest) == kept


@pytest.mark.parametrize("digest", ["fraud:latest", "sha256:12", "sha512:" + "1" * 64, IMAGE + "\n0", "é" * 64])
def test_what_is_no_digest(digest):
    with pytest.raises(InvalidDeployment):
        rules.check_digest("It", digest)


@pytest.mark.parametrize("target", ["", "a b", "-x", "../x", "x" * 201, "x\n", "é"])
def test_what_is_no_target(target):
    with pytest.raises(InvalidDeployment):
        rules.check_target(target)


@pytest.mark.parametrize(
    ("model", "target"),
    [("fraud", "fraud"), ("Card fraud (EU)", "Card-fraud-EU-"), ("…", "default"), ("m" * 256, "m" * 200)],
)
def test_a_model_gives_its_name_to_the_target(model, target):
    assert rules.check_target(rules.default_target(model)) == target


RUNS_A = Expected(1, 10, A, IMAGE)
RUNS_B = Expected(2, 20, B, "")
OUTSIDE = Expected(3, 30, "", "")


@pytest.mark.parametrize(
    ("seen", "expected", "deployment", "kind"),
    [
        (Seen(A, frozenset({10})), [RUNS_A], 1, ""),
        (Seen(A, frozenset({10}), IMAGE), [RUNS_A], 1, ""),
        (Seen(A, frozenset({10}), OTHER), [RUNS_A], 1, "other_image"),
        (Seen(B, frozenset({20}), OTHER), [RUNS_B], 2, ""),
        (Seen(B, frozenset({20})), [RUNS_A], 1, "other_version"),
        (Seen(B, frozenset({20})), [RUNS_A, RUNS_B], 2, ""),
        (Seen("c" * 64, frozenset()), [RUNS_A], 1, "unknown"),
        (Seen("c" * 64, frozenset()), [], None, "unknown"),
        (Seen(A, frozenset({10})), [], None, "not_deployed"),
        (Seen("", frozenset({30})), [OUTSIDE], 3, ""),
        (Seen("", frozenset({10})), [RUNS_A], 1, ""),
        (Seen("", frozenset({11})), [RUNS_A], 1, "other_version"),
        # A digest says nothing about files that lie elsewhere.
        (Seen(A, frozenset({10})), [OUTSIDE], 3, "other_version"),
        # A copy has the same files, and files are what runs.
        (Seen(A, frozenset({11, 10})), [RUNS_A], 1, ""),
    ],
)
def test_what_a_sighting_means(seen, expected, deployment, kind):
    found, said = judge(seen, expected)

    assert (found.pk if found else None, said) == (deployment, kind)


def test_only_what_is_open_can_change():
    states = ["requested", "permitted", "deploying", "active", "superseded", "stopped", "failed", "rolled_back"]
    possible = {(before, after) for before, after in product(states, states) if rules.may_follow(before, after)}

    assert possible == {
        ("requested", "failed"),
        ("requested", "stopped"),
        ("permitted", "deploying"),
        ("permitted", "failed"),
        ("permitted", "stopped"),
        ("deploying", "active"),
        ("deploying", "failed"),
        ("deploying", "stopped"),
        ("active", "failed"),
        ("active", "stopped"),
    }
