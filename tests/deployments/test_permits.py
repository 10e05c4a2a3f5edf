"""Permits: what they say, the key that signs them, and what ends when nobody uses them."""

import base64
import hashlib
import json

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from audit import guard
from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from deployments.exceptions import CannotSign
from deployments.keys import jwk_of
from deployments.models import Deployment, DeploymentInterval, DeploymentState, Permit, SigningKey
from deployments.operations import issue_permit, request_deployment, rotate_key
from deployments.upkeep import look_after_deployments
from tests.deployments.conftest import IMAGE
from tests.deployments.steps import fresh, run
from tests.deployments.test_verifier import verifier


def payload(permit):
    return json.loads(base64.b64decode(json.loads(permit.envelope)["payload"]))


def key_bytes(key):
    x = jwk_of(key)["x"]
    return base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))


def test_a_permit_says_what_may_run_where_until_when(deployer, deployment, version, environment):
    permit = Permit.objects.get()

    said = payload(permit)
    assert said == {
        "v": 1,
        "permit": str(permit.uid),
        "issuer": said["issuer"],
        "deployment": deployment.pk,
        "project": "default",
        "model": "fraud",
        "version": 1,
        "content_digest": f"sha256:{version.content_digest}",
        "environment": "default/prod",
        "kind": "production",
        "target": "fraud",
        "image_digest": IMAGE,
        "config_digest": "",
        "granted_to": {"id": deployer.uid, "kind": "human", "claimed_issuer": "", "claimed_subject": ""},
        "roll_back": False,
        "issued_at": said["issued_at"],
        "expires_at": said["expires_at"],
    }
    assert permit.expires_at - permit.issued_at == 15 * 60 * 1000
    assert permit.digest == hashlib.sha256(permit.envelope.encode()).hexdigest()
    assert verifier.open_envelope(permit.envelope, [key_bytes(permit.key)]) == said


def test_the_private_key_is_not_readable_in_the_database(deployment):
    key = SigningKey.objects.get()

    assert key.sealed_private_key.startswith("gAAAA")
    assert key.kid == hashlib.sha256(base64.b64decode("".join(key.public_key.splitlines()[1:-1]))).hexdigest()[:32]


def test_a_new_key_signs_from_now_on_and_old_permits_still_verify(deployer, deployment, version, environment):
    old = Permit.objects.get()
    call_command("rotate_permit_key", reason="The server was moved.")
    new = issue_permit(deployer, deployment)

    assert new.key.kid != old.key.kid
    keys = [key_bytes(key) for key in SigningKey.objects.all()]
    assert verifier.open_envelope(old.envelope, keys)["permit"] == str(old.uid)
    assert verifier.open_envelope(new.envelope, keys)["permit"] == str(new.uid)
    retired = SigningKey.objects.get(kid=old.key.kid)
    assert (retired.sealed_private_key, bool(retired.retired_at)) == ("", True)
    assert AuditEvent.objects.filter(action="permit_key.made", object_id=new.key.kid).count() == 1


def test_retired_keys_are_listed_while_their_permits_may_hold_and_lost_ones_are_not(db, client, time_machine_at):
    def listed(query=""):
        return [key["kid"] for key in client.get(f"/api/v1/permit-keys{query}").json()["keys"]]

    (first,) = listed()
    call_command("rotate_permit_key")
    second, again = listed()
    assert again == first
    call_command("rotate_permit_key", lost=True)
    third, *others = listed()

    assert others == [first]
    with time_machine_at("2100-01-01T00:00:00Z"):
        assert listed() == [third]
    assert listed("?all=true") == [third, second, first]


def test_only_those_who_run_the_server_rotate_keys(admin, maintainer):
    with pytest.raises(PermissionDenied):
        rotate_key(maintainer)

    assert rotate_key(admin)
    assert SigningKey.objects.filter(retired_at=None).count() == 1


def test_another_secret_key_cannot_sign_and_says_what_to_do(deployer, version, environment, settings):
    settings.SECRET_KEY = "another"

    with pytest.raises(CannotSign, match="rotate_permit_key"):
        request_deployment(deployer, version, environment)
    assert not Deployment.objects.exists()

    call_command("rotate_permit_key")
    assert request_deployment(deployer, version, environment)


def test_what_nobody_began_is_closed_and_what_began_is_not(deployer, deployment, version, environment, time_machine_at):
    other = run(deployer, request_deployment(deployer, version, environment, target="other"))
    look_after_deployments()
    assert fresh(deployment).state == DeploymentState.PERMITTED

    with time_machine_at("2100-01-01T00:00:00Z"):
        for _ in range(2):
            look_after_deployments()

    assert (fresh(deployment).state, fresh(other).state) == (DeploymentState.FAILED, DeploymentState.ACTIVE)
    last = DeploymentInterval.objects.get(deployment=deployment, until=None)
    assert (last.actor, last.note) == (None, "The permit expired before anybody began.")
    assert AuditEvent.objects.get(action="deployment.expired").actor_uid == "sys_deployments"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Permit.objects.update(expires_at=2**40),
        lambda: Permit.objects.all().delete(),
        lambda: DeploymentInterval.objects.filter(until__isnull=False).update(since=0),
        lambda: DeploymentInterval.objects.filter(until=None).update(state="active"),
        lambda: DeploymentInterval.objects.all().delete(),
    ],
)
def test_facts_stay_as_they_are(deployment, change):
    with pytest.raises(IntegrityError), guard.lifted(), transaction.atomic():
        change()
