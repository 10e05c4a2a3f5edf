"""What no honest client sends is refused with a sentence, and what is odd but true is kept."""

import json

import pytest

from audit.exceptions import InvalidInput
from lineage import keys
from lineage.exchange.ndjson import moment
from lineage.exchange.prov import read_prov
from lineage.exchange.reading import Fields, json_of
from lineage.exports.moments import iso
from lineage.models import KEY_LENGTH, Edge
from lineage.vocabulary import EdgeKind
from tests.lineage.test_openlineage import ONE, TWO, dataset, facet, run_event
from tests.native_api import call
from tests.tracking.conftest import pairs
from tracking import operations as tracking


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.mark.parametrize("address", ["https://u:pw@host:port/x", "https://[x/y", "https://host:99999/x"])
def test_an_address_that_is_none_is_refused(client, contributor, project, address):
    place = facet(type="git", url=address, version="c" * 40)
    event = run_event(job_facets={"sourceCodeLocation": place})
    lock = {"lock": "stages: {a: {cmd: x}}", "repository": address}

    for path, sent in (("/lineage", event), ("/lineage/import/dvc", lock)):
        said = call(client, "post", path, json.dumps(sent), status=400)["message"]
        assert "The address of the repository is none" in said
        assert "pw" not in said
    tags = pairs({"mlflow.source.git.repoURL": address, "mlflow.source.git.commit": "c" * 40})
    assert tracking.create_run(contributor, project, experiment_id="0", tags=tags)


def test_a_file_in_no_place_is_refused(client):
    lock = "schema: '2.0'\nstages:\n  a:\n    deps:\n    - path: 'https://[x/y'\n      md5: '1'\n"
    sent = {"lock": lock, "repository": "https://github.com/acme/x"}

    assert "is no address" in call(client, "post", "/lineage/import/dvc", json.dumps(sent), status=400)["message"]


@pytest.mark.parametrize("depth", [201, 300, 1_000])
@pytest.mark.parametrize("zero", ["", "\\u0000"])
def test_what_is_nested_too_deeply_is_refused(depth, zero):
    with pytest.raises(InvalidInput):
        json_of(b"[" * depth + f'"{zero}"'.encode() + b"]" * depth)
    assert json_of(b'{"a":' * 200 + b"1" + b"}" * 200)


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_all_time_is_refused(said):
    with pytest.raises(InvalidInput, match="all time"):
        Fields({"at": said}, "").moment("at")


@pytest.mark.parametrize("at", ["²", "9" * 5_000, "253402300800000"])
def test_a_number_that_is_no_time_is_refused(at):
    entity = {"prov:type": "sk:dataset", "sk:key": "ds:a/b", "prov:label": "b", "sk:at": at}

    with pytest.raises(InvalidInput, match="milliseconds"):
        read_prov({"entity": {"e": entity}})


def test_times_end_with_the_year_9999():
    assert moment(Fields({"at": 253_402_300_799_999}, "x"), "at")
    with pytest.raises(InvalidInput):
        moment(Fields({"at": 253_402_300_800_000}, "x"), "at")
    assert iso(253_402_300_799_999).startswith("9999-12-31")
    assert iso(2**53) == iso(2**70) == ""


def test_a_key_is_never_too_long(contributor, project):
    assert len(keys.dataset_version("n" * 2_000, "m" * 2_000, "version", "v" * 5_000)) <= KEY_LENGTH
    run = tracking.create_run(contributor, project, experiment_id="0").head.uid
    source = json.dumps({"uri": f"s3://b/{'x' * 900}?versionId={'v' * 2_100}"})
    described = {"name": "d", "digest": "d", "source_type": "s3", "source": source}

    tracking.log_inputs(contributor, project, run, datasets=[{"dataset": described, "tags": pairs({})}])

    assert Edge.objects.filter(kind=EdgeKind.USED).count() == 1


def test_a_parent_does_not_get_the_inputs_of_its_child(client):
    job = {"namespace": "nightly", "name": "pipeline"}
    parent = {"parent": facet(run={"runId": TWO}, job=job)}
    child = run_event(ONE, kind="START", run_facets=parent, inputs=[dataset("loans")])
    call(client, "post", "/lineage", json.dumps(child), status=201)

    call(client, "post", "/lineage", json.dumps(run_event(TWO, job="pipeline")), status=201)

    assert not Edge.objects.filter(dst__key=keys.run(TWO, tracker="openlineage"), kind=EdgeKind.USED).exists()
