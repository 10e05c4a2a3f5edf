"""The real client of OpenLineage over HTTP: what it sends is taken, and what it is told reaches whoever runs it."""

import uuid
from datetime import UTC, datetime

import pytest
import requests
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import (
    dataset_version_dataset,
    lineage,
    parent_run,
    source_code_location_job,
    symlinks_dataset,
)
from openlineage.client.transport.http import HttpConfig, HttpTransport

from accounts.models import User
from accounts.operations import issue_token_for
from accounts.principals import CONSOLE
from lineage import keys
from lineage.models import Edge, IngestEvent, Node
from lineage.vocabulary import EdgeKind

PRODUCER = "https://github.com/acme/pipelines"
RUN, PARENT = str(uuid.UUID(int=7)), str(uuid.UUID(int=8))
WHEN = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


@pytest.fixture
def sender(live_server, contributor):
    """Makes a client whose key is a token of somebody."""

    def make(api_key="", **config):
        if not api_key:
            _, api_key = issue_token_for(CONSOLE, User.objects.get(pk=contributor.user.pk), name="pipelines")
        config = {"auth": {"type": "api_key", "apiKey": api_key}, "retry": {"total": 0}, **config}
        return OpenLineageClient(transport=HttpTransport(HttpConfig.from_dict({"url": live_server.url, **config})))

    return make


def version(name):
    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=name)}


def run_event(state=RunState.COMPLETE):
    job = parent_run.Job(namespace="nightly", name="pipeline")
    code = source_code_location_job.SourceCodeLocationJobFacet(
        type="git", url="https://github.com/acme/loans/blob/x/train.py", repoUrl="https://github.com/acme/loans.git",
        version="c" * 40,
    )  # fmt: skip
    other_names = symlinks_dataset.SymlinksDatasetFacet(
        identifiers=[symlinks_dataset.Identifier(namespace="hive", name="db.loans", type="TABLE")]
    )
    source = lineage.LineageDatasetInput(namespace="s3://lake", name="loans", type="DATASET")
    made_of = lineage.LineageDatasetFacet(inputs=[source])
    return RunEvent(
        eventTime=WHEN,
        eventType=state,
        producer=PRODUCER,
        run=Run(
            runId=RUN,
            facets={"parent": parent_run.ParentRunFacet(run=parent_run.Run(runId=PARENT), job=job)},
        ),
        job=Job(namespace="nightly", name="features", facets={"sourceCodeLocation": code}),
        inputs=[InputDataset(namespace="s3://lake", name="loans", facets={**version("1"), "symlinks": other_names})],
        outputs=[OutputDataset(namespace="s3://lake", name="features", facets={**version("2"), "lineage": made_of})],
    )


def kinds():
    return sorted(EdgeKind(kind).name for kind in Edge.objects.values_list("kind", flat=True))


def test_a_run_reaches_the_graph(sender):
    client = sender(compression="gzip")
    client.emit(run_event(RunState.START))
    client.emit(run_event())
    client.emit(run_event())

    assert kinds() == ["DERIVED", "GENERATED", *["HAS_VERSION"] * 4, "PART_OF", "SAME_AS", "USED", "USED"]
    assert IngestEvent.objects.count() == 2
    made = Edge.objects.get(kind=EdgeKind.GENERATED)
    assert made.src.key == keys.run(RUN, tracker="openlineage")
    assert made.event.payload["eventType"] == "COMPLETE"


def test_a_job_and_a_dataset_reach_the_graph(sender):
    client = sender()
    job = Job(namespace="nightly", name="features")
    ends = {
        "inputs": [InputDataset(namespace="s3://lake", name="loans")],
        "outputs": [OutputDataset(namespace="s3://lake", name="features")],
    }
    client.emit(JobEvent(eventTime=WHEN, producer=PRODUCER, job=job, **ends))
    dataset = StaticDataset(namespace="s3://lake", name="loans", facets=version("3"))
    client.emit(DatasetEvent(eventTime=WHEN, producer=PRODUCER, dataset=dataset))

    assert kinds() == ["ASSOCIATED", "ASSOCIATED", "DERIVED", "HAS_VERSION"]
    assert Node.objects.filter(key=keys.dataset_version("s3://lake", "loans", "version", "3")).exists()


def test_a_client_may_name_its_project(sender, project):
    sender(custom_headers={"X-MLFLOW-WORKSPACE": "default"}).emit(run_event())
    sender(endpoint="api/v1/lineage?project=default").emit(run_event(RunState.OTHER))

    assert IngestEvent.objects.filter(project=project).count() == 2


def test_a_wrong_key_is_refused(sender):
    with pytest.raises(requests.HTTPError, match="401"):
        sender("sk_pat_unknown").emit(run_event())
