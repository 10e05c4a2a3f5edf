"""Tries every road by which governed rows could be written without an operation."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Project, RoleBinding, User
from accounts.operations import update_project
from audit.guard import UngovernedWrite, governed_tables, is_governed, lifted, written_tables
from audit.models import AuditEvent


def save(project):
    project.name = "New"
    project.save()


def update(project):
    Project.objects.filter(pk=project.pk).update(name="New")


def bulk_create(project):
    Project.objects.bulk_create([Project(slug="other", name="Other")])


def upsert(project):
    Project.objects.bulk_create(
        [Project(pk=project.pk, slug="default", name="New")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["id"],
    )


def bulk_update(project):
    project.name = "New"
    Project.objects.bulk_update([project], ["name"])


def create(project):
    Project.objects.create(slug="other", name="Other")


def get_or_create(project):
    Project.objects.get_or_create(slug="other")


def delete(project):
    RoleBinding.objects.get(role="platform_admin").delete()


def queryset_delete(project):
    RoleBinding.objects.all().delete()


def raw_delete(project):
    Project.objects.all()._raw_delete("default")


def _sql(statement):
    def run(project):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    run.__name__ = statement.split("\n")[0][:50]
    return run


RAW = [
    "UPDATE accounts_project SET name = 'New'",
    "update \"accounts_project\" set name = 'New'",
    "UPDATE\n\taccounts_project\nSET name = 'New'",
    "UPDATE/**/accounts_project SET name = 'New'",
    "/* a comment */ UPDATE accounts_project SET name = 'New'",
    "-- SELECT\nUPDATE accounts_project SET name = 'New'",
    "DELETE FROM accounts_project",
    "INSERT INTO accounts_project (slug, name) VALUES ('x', 'y')",
    "WITH one AS (SELECT 1) UPDATE accounts_project SET name = 'New'",
    "WITH one AS (SELECT 1) DELETE FROM accounts_project",
    "WITH one AS (SELECT 'x' AS slug) INSERT INTO accounts_project (slug) SELECT slug FROM one",
]
SQLITE = [
    "UPDATE main.accounts_project SET name = 'New'",
    "UPDATE [accounts_project] SET name = 'New'",
    "UPDATE `accounts_project` SET name = 'New'",
    "UPDATE OR REPLACE accounts_project SET name = 'New'",
    "INSERT OR REPLACE INTO accounts_project (id, slug) VALUES (1, 'x')",
    "REPLACE INTO accounts_project (id, slug) VALUES (1, 'x')",
]
POSTGRES = [
    "UPDATE public.accounts_project SET name = 'New'",
    'UPDATE ONLY "public"."accounts_project" SET name = \'New\'',
    "WITH gone AS (DELETE FROM accounts_project RETURNING *) SELECT * FROM gone",
    "TRUNCATE accounts_project CASCADE",
    "TRUNCATE TABLE accounts_project CASCADE",
    "DO $$ BEGIN UPDATE accounts_project SET name = 'New'; END $$",
    "MERGE INTO accounts_project p USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET name = 'New'",
]
ROADS = [save, update, bulk_create, upsert, bulk_update, create, get_or_create, delete, queryset_delete, raw_delete]


@pytest.mark.parametrize("road", [*ROADS, *map(_sql, RAW)], ids=lambda road: road.__name__)
def test_the_guard_refuses_it(road, admin, project):
    with pytest.raises(UngovernedWrite), transaction.atomic():
        road(project)

    assert list(Project.objects.values_list("slug", "name")) == [("default", "Default")]
    assert RoleBinding.objects.count() == 4


@pytest.mark.parametrize("statement", [*SQLITE, *POSTGRES])
def test_the_guard_reads_every_spelling(statement, db):
    assert written_tables(statement) == {"accounts_project"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM accounts_project",
        "SELECT * FROM accounts_project FOR UPDATE",
        "SELECT * FROM accounts_project FOR NO KEY UPDATE OF accounts_project",
        "SELECT 'UPDATE accounts_project SET name = 1'",
        "INSERT INTO django_session SELECT slug, name, created_at FROM accounts_project",
    ],
)
def test_the_guard_lets_reading_pass(statement, db):
    assert not written_tables(statement)


def test_the_shell_is_no_road(project):
    code = "from accounts.models import Project; Project.objects.update(name='New')"

    with pytest.raises(UngovernedWrite), transaction.atomic():
        call_command("shell", command=code, verbosity=0, stdout=io.StringIO())


def test_loading_fixtures_is_no_road(project, tmp_path):
    fixture = tmp_path / "projects.json"
    fixture.write_text('[{"model": "accounts.project", "pk": 99, "fields": {"slug": "x", "name": "X"}}]')

    with pytest.raises(UngovernedWrite), transaction.atomic():
        call_command("loaddata", str(fixture), verbosity=0)


def test_createsuperuser_is_no_road(db):
    with pytest.raises((UngovernedWrite, AttributeError)), transaction.atomic():
        call_command("createsuperuser", interactive=False, username="root", verbosity=0)

    assert not User.objects.filter(username="root").exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditevent SET action = 'nothing'", "DELETE FROM audit_auditevent"]
)
def test_the_database_itself_refuses_to_change_the_log(statement, maintainer, project):
    update_project(maintainer, project, name="New")
    before = list(AuditEvent.objects.values_list("uid", "leaf", "action"))

    with lifted(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(AuditEvent.objects.values_list("uid", "leaf", "action")) == before


def test_every_model_says_whether_it_is_governed():
    for model in apps.get_models(include_auto_created=True):
        assert isinstance(is_governed(model), bool)


def test_models_that_are_not_governed_say_why():
    import inspect

    for model in apps.get_models():
        module = model.__module__.split(".")[0]
        if module in ("django", "guardian") or is_governed(model) or not hasattr(model, "governed"):
            continue
        line = next(line for line in inspect.getsource(model).splitlines() if "governed" in line)
        assert "#" in line, f"{model._meta.label}: governed = False  # why"


def test_audited_models_are_governed():
    from audit.models import Audited

    audited = [model for model in apps.get_models() if issubclass(model, Audited)]
    assert audited
    for model in audited:
        assert model._meta.db_table in governed_tables()
        assert isinstance(model.audit_type, str)
