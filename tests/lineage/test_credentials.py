"""A password in an address is nowhere in the graph, whoever said it."""

import json

import pytest

from lineage import keys
from lineage.models import IngestEvent, Node
from tests.lineage.test_openlineage import dataset, facet, run_event
from tests.native_api import call
from tests.tracking.conftest import pairs
from tracking import operations as tracking

SECRET = "hunter2"
ADDRESS = f"jdbc:postgresql://ada:{SECRET}@db.example.org/loans"


def kept():
    nodes = Node.objects.values_list("key", "label", "digest", "props")
    return str([*nodes, *IngestEvent.objects.values_list("payload")])


@pytest.mark.parametrize(
    ("said", "without"),
    [
        ("s3://key:pw@bucket/x", "s3://bucket/x"),
        ("a https://u:p@w@host:80/x and ftp://u:p@h", "a https://host:80/x and ftp://h"),
        ("abfss://container@account.dfs.core.windows.net/x", "abfss://container@account.dfs.core.windows.net/x"),
        ("https://host:8080/@scope", "https://host:8080/@scope"),
        ("no address: a@b", "no address: a@b"),
    ],
)
def test_credentials_are_taken_out_and_nothing_else(said, without):
    assert keys.bare(said) == without
    assert keys.bare(without) == without


def test_a_version_is_not_taken_for_a_host():
    assert keys.bare_key("dsv:x/pg://host:5432@sha256:1") == "dsv:x/pg://host:5432@sha256:1"
    assert keys.bare_key("dsv:x/pg://u:p@host@sha256:1") == "dsv:x/pg://host@sha256:1"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("u:pw@host:org/repo.git", "https://host/org/repo"),
        ("u:pw@host/org/repo", "host/org/repo"),
        ("git@github.com:org/repo.git", "https://github.com/org/repo"),
        ("ssh://git@github.com:org/repo.git", "https://github.com/org/repo"),
        ("ssh://git@github.com:22/org/repo.git", "https://github.com/org/repo"),
        ("https://u:pw@host:8443/x.git/", "https://host:8443/x"),
    ],
)
def test_a_repository_has_one_address_without_credentials(said, address):
    assert keys.repository_url(said) == address


def test_an_event_is_kept_without_passwords(client_of, contributor):
    named = {"namespace": ADDRESS, "name": ADDRESS, "facets": {}}
    place = facet(type="git", url=f"https://ada:{SECRET}@github.com/acme/x.git", version="c" * 40)
    more = {"symlinks": facet(identifiers=[{**named, "type": "TABLE"}])}
    event = run_event(job_facets={"sourceCodeLocation": place}, inputs=[named, dataset("a", **more)], outputs=[named])
    event["job"]["name"] = ADDRESS
    api = client_of(contributor)

    assert call(api, "post", "/lineage", json.dumps(event), status=201) == {"new": True}
    assert call(api, "post", "/lineage", json.dumps(event), status=200) == {"new": False}

    assert "db.example.org" in kept()
    assert SECRET not in kept()


def test_files_are_kept_without_passwords(client_of, contributor):
    lock = (
        "schema: '2.0'\nstages:\n  a:\n"
        f"    cmd: curl {ADDRESS}\n    deps:\n    - path: s3://ada:{SECRET}@b/x\n      md5: '1'\n"
    )
    api = client_of(contributor)
    sent = {"lock": lock, "repository": f"ada:{SECRET}@github.com:acme/x.git"}
    call(api, "post", "/lineage/import/dvc", json.dumps(sent), status=201)
    document = {"entity": {ADDRESS: {"prov:label": ADDRESS}}}
    call(api, "post", "/lineage/import/prov", json.dumps(document), status=201)

    assert "db.example.org" in kept()
    assert SECRET not in kept()


@pytest.mark.parametrize("source", [{"uri": ADDRESS}, {"path": f"s3://ada:{SECRET}@b/x"}, {}])
def test_datasets_of_runs_are_known_without_passwords(contributor, project, source):
    run = tracking.create_run(contributor, project, experiment_id="0").head.uid
    described = {"name": ADDRESS, "digest": "d", "source_type": "x", "source": json.dumps(source)}

    tracking.log_inputs(contributor, project, run, datasets=[{"dataset": described, "tags": pairs({})}])

    assert Node.objects.filter(key__startswith="dsv:").exists()
    assert SECRET not in kept()
