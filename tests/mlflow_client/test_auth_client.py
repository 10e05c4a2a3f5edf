"""Users, grants and roles through MLflow's own client for them."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client
from mlflow.server.auth.client import AuthServiceClient

PASSWORD = "a-long-enough-pass-phrase"


@pytest.fixture
def users(server) -> AuthServiceClient:
    if not server.passwords and not server.tokens:
        pytest.skip("this server has no users")
    return get_app_client("basic-auth", tracking_uri=server.url)


@pytest.fixture
def ada(users: AuthServiceClient, unique) -> str:
    name = unique("ada")
    users.create_user(name, PASSWORD)
    return name


@pytest.fixture
def as_user(sign_in, monkeypatch):
    """Become a user with the password that all users of these tests have."""

    def become(name: str) -> MlflowClient:
        sign_in("nobody")
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", name)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
        return MlflowClient()

    return become


def test_a_user_is_made_looked_up_and_deleted(users: AuthServiceClient, ada):
    user = users.get_user(ada)
    assert (user.username, user.is_admin) == (ada, False)

    users.delete_user(ada)

    with pytest.raises(MlflowException) as refusal:
        users.get_user(ada)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_taken_name_and_a_short_password_are_refused(users: AuthServiceClient, ada, unique):
    with pytest.raises(MlflowException) as taken:
        users.create_user(ada, PASSWORD)
    with pytest.raises(MlflowException) as short:
        users.create_user(unique("short"), "short")

    assert taken.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert short.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_changed_password_opens_and_the_old_one_does_not(users: AuthServiceClient, ada, as_user, monkeypatch):
    users.update_user_password(ada, "another-good-pass-phrase")

    client = as_user(ada)
    with pytest.raises(MlflowException) as refusal:
        client.search_experiments()
    assert refusal.value.error_code == "UNAUTHENTICATED"

    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another-good-pass-phrase")
    client.search_experiments()


def test_a_user_becomes_admin_and_stops_being_one(users: AuthServiceClient, ada):
    users.update_user_admin(ada, True)
    assert users.get_user(ada).is_admin

    users.update_user_admin(ada, False)
    assert not users.get_user(ada).is_admin


def test_only_an_admin_makes_users(ada, as_user, users: AuthServiceClient, unique):
    as_user(ada)

    with pytest.raises(MlflowException) as refusal:
        users.create_user(unique("eve"), PASSWORD)

    assert refusal.value.error_code == "PERMISSION_DENIED"


def test_a_grant_on_an_experiment_is_given_seen_and_taken(users: AuthServiceClient, ada, client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("granted"))

    users.grant_user_permission(ada, "experiment", experiment_id, "EDIT")
    granted = users.get_user_permission(ada, "experiment", experiment_id)
    users.revoke_user_permission(ada, "experiment", experiment_id)
    revoked = users.get_user_permission(ada, "experiment", experiment_id)

    assert (granted.allowed, granted.permission) == (True, "EDIT")
    assert revoked.permission != "EDIT"


def test_a_granted_experiment_is_written_to(users: AuthServiceClient, ada, as_user, client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("granted"))
    users.grant_user_permission(ada, "experiment", experiment_id, "EDIT")

    run = as_user(ada).create_run(experiment_id)

    assert run.info.experiment_id == experiment_id


def test_a_grant_on_a_model_lets_read_and_no_more(users: AuthServiceClient, ada, as_user, client: MlflowClient, unique):
    name = client.create_registered_model(unique("granted")).name
    users.grant_user_permission(ada, "registered_model", name, "READ")
    mine = as_user(ada)

    assert mine.get_registered_model(name).name == name
    with pytest.raises(MlflowException) as refusal:
        mine.set_registered_model_tag(name, "a", "b")
    assert refusal.value.error_code == "PERMISSION_DENIED"


def test_a_role_is_made_filled_assigned_and_taken_apart(users: AuthServiceClient, ada, unique, client: MlflowClient):
    experiment_id = client.create_experiment(unique("analysed"))
    role = users.create_role("default", unique("analysts"), description="They look")
    permission = users.add_role_permission(role.id, "experiment", experiment_id, "READ")
    assert [given.permission for given in users.list_role_permissions(role.id)] == ["READ"]

    users.update_role_permission(permission.id, "EDIT")
    assert [given.permission for given in users.list_role_permissions(role.id)] == ["EDIT"]

    users.assign_role(ada, role.id)
    assert role.id in {held.id for held in users.list_user_roles(ada)}
    assert len(users.list_role_users(role.id)) == 1
    assert role.id in {listed.id for listed in users.list_roles("default")}
    assert role.id in {listed.id for listed in users.list_all_roles()}

    renamed = users.update_role(role.id, name=unique("readers"), description="They still look")
    assert users.get_role(role.id).name == renamed.name
    assert users.get_role(role.id).description == "They still look"

    users.unassign_role(ada, role.id)
    users.remove_role_permission(users.list_role_permissions(role.id)[0].id)
    users.delete_role(role.id)
    with pytest.raises(MlflowException) as refusal:
        users.get_role(role.id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_role_opens_what_it_grants(users: AuthServiceClient, ada, as_user, unique, client: MlflowClient):
    experiment_id = client.create_experiment(unique("shared"))
    role = users.create_role("default", unique("trainers"))
    users.add_role_permission(role.id, "workspace", "*", "USE")
    users.add_role_permission(role.id, "experiment", experiment_id, "EDIT")
    users.assign_role(ada, role.id)

    run = as_user(ada).create_run(experiment_id)

    assert run.info.status == "RUNNING"


@pytest.mark.stagekeeper("a role holds on one thing or on a whole project, whatever kinds of things are in it")
def test_a_grant_on_all_things_of_one_kind_is_refused_not_widened(users: AuthServiceClient, ada):
    with pytest.raises(MlflowException, match="resource_type 'workspace'") as refusal:
        users.grant_user_permission(ada, "experiment", "*", "EDIT")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("resource_type", "permission"),
    [("nonsense", "READ"), ("experiment", "NONSENSE"), ("experiment", "NO_PERMISSIONS")],
)
def test_a_grant_outside_the_vocabulary_is_refused(users: AuthServiceClient, ada, resource_type, permission):
    with pytest.raises(MlflowException) as refusal:
        users.grant_user_permission(ada, resource_type, "0", permission)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
