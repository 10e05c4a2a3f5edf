"""Stock boto3 asks this server what it would ask SageMaker."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from django.test import Client

from accounts.models import User
from accounts.operations import create_project, issue_token_for
from accounts.principals import CONSOLE, Principal
from lineage import keys
from lineage.facts import Thing
from lineage.sagemaker.names import arn_of
from lineage.vocabulary import NodeKind
from tests.lineage.test_exports import (
    AT,
    BASE,
    CODE,
    DEPLOYED,
    FLOWS,
    IMAGE,
    LOANS,
    LOOSE,
    MODEL,
    RAW,
    RUN,
    THINGS,
    VERSION,
    note,
)


@pytest.fixture
def sagemaker(live_server):
    """Makes a client that signs with made-up keys and sends somebody's token as that of its session."""

    def make(principal=None, token="sk_pat_unknown"):
        if principal is not None:
            _, token = issue_token_for(CONSOLE, User.objects.get(pk=principal.user.pk), name="boto3")
        return boto3.client(
            "sagemaker",
            endpoint_url=f"{live_server.url}/sagemaker",
            region_name="local",
            aws_access_key_id="stagekeeper",
            aws_secret_access_key="unused",
            aws_session_token=token,
        )

    return make


@pytest.fixture
def graph(contributor, project):
    return note(contributor, project, THINGS, FLOWS)


def sources(client, answer):
    return {client.describe_artifact(ArtifactArn=v["Arn"])["Source"]["SourceUri"] for v in answer["Vertices"]
            if v["LineageType"] == "Artifact"}  # fmt: skip


def test_what_a_model_was_made_of_and_where_it_runs(sagemaker, viewer, graph):
    client = sagemaker(viewer)

    up = client.query_lineage(StartArns=[VERSION.key], Direction="Ascendants", IncludeEdges=True)
    down = client.query_lineage(StartArns=[RAW.key], Direction="Descendants")

    assert sources(client, up) == {thing.key for thing in (RAW, LOOSE, CODE, IMAGE, BASE, MODEL, VERSION)}
    assert sorted(edge["AssociationType"] for edge in up["Edges"]) == ["ContributedTo"] * 5 + [
        "DerivedFrom",
        "Produced",
    ]
    [endpoint] = [vertex for vertex in down["Vertices"] if vertex["LineageType"] == "Context"]
    assert endpoint["Type"] == "Endpoint"
    assert client.describe_context(ContextName=endpoint["Arn"])["ContextName"] == DEPLOYED.label


def test_an_answer_comes_in_pages_that_are_the_whole(sagemaker, viewer, graph):
    client = sagemaker(viewer)
    whole = client.query_lineage(StartArns=[VERSION.key], Direction="Both")
    vertices, edges, token = [], [], {}
    while True:
        page = client.query_lineage(StartArns=[VERSION.key], Direction="Both", MaxResults=2, **token)
        vertices += page["Vertices"]
        edges += page["Edges"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}

    assert vertices == whole["Vertices"]
    assert sorted(map(str, edges)) == sorted(map(str, whole["Edges"]))


def test_filters_choose_what_is_answered(sagemaker, viewer, graph):
    client = sagemaker(viewer)
    ask = {"StartArns": [VERSION.key], "Direction": "Ascendants"}

    runs = client.query_lineage(**ask, Filters={"LineageTypes": ["TrialComponent"]})["Vertices"]
    data = client.query_lineage(**ask, Filters={"Types": ["DataSet"]})["Vertices"]
    late = client.query_lineage(**ask, Filters={"CreatedAfter": AT / 1000 + 1})["Vertices"]

    assert [vertex["Type"] for vertex in runs] == ["Run"]
    assert client.describe_trial_component(TrialComponentName=runs[0]["Arn"])["DisplayName"] == RUN.label
    assert len(data) == 2
    assert late == []
    assert len(client.query_lineage(**ask, MaxDepth=1)["Vertices"]) == 2


def test_associations_are_listed_by_either_end(sagemaker, viewer, graph):
    client = sagemaker(viewer)
    arn = client.query_lineage(StartArns=[RAW.key], MaxDepth=1, Direction="Descendants")["Vertices"][0]["Arn"]

    out_of = client.list_associations(SourceArn=arn)["AssociationSummaries"]
    into = client.list_associations(DestinationArn=arn)["AssociationSummaries"]

    assert [(each["AssociationType"], each["DestinationName"]) for each in out_of] == [("ContributedTo", RUN.label)]
    assert [(each["AssociationType"], each["SourceName"]) for each in into] == [("AssociatedWith", LOANS.label)]


def test_what_is_hidden_is_as_if_it_were_not_there(sagemaker, admin, viewer, project):
    other = create_project(CONSOLE, "secret", admin=admin.user)
    note(Principal(admin.user, auth="session"), other, [RUN])
    client = sagemaker(viewer)

    codes = []
    for arn in (RUN.key, "arn:aws:sagemaker:local:000000000000:artifact/" + "0" * 32):
        with pytest.raises(ClientError) as refused:
            client.query_lineage(StartArns=[arn])
        codes.append(refused.value.response["Error"])
    assert codes[0]["Code"] == codes[1]["Code"] == "ResourceNotFound"
    assert codes[0]["Message"].replace(RUN.key, "X") == codes[1]["Message"].replace(
        "arn:aws:sagemaker:local:000000000000:artifact/" + "0" * 32, "X"
    )


def test_nothing_is_said_of_a_key_that_is_hidden(sagemaker, admin, viewer, project, graph):
    other = create_project(CONSOLE, "secret", admin=admin.user)
    hidden = Thing(NodeKind.ARTIFACT, keys.artifact("9" * 64), "hidden")
    note(Principal(admin.user, auth="session"), other, [hidden])
    client = sagemaker(viewer)
    arn, nowhere = arn_of(hidden.key, "artifact"), "arn:aws:sagemaker:local:000000000000:artifact/" + "0" * 32

    for ask in (
        lambda name: client.query_lineage(StartArns=[VERSION.key, name]),
        lambda name: client.query_lineage(StartArns=[name]),
        lambda name: client.list_associations(SourceArn=VERSION.key, DestinationArn=name),
        lambda name: client.list_associations(SourceArn=name),
        lambda name: client.describe_artifact(ArtifactArn=name),
    ):
        said = []
        for name in (arn, nowhere):
            with pytest.raises(ClientError) as refused:
                ask(name)
            said.append(refused.value.response["Error"]["Message"].replace(name, "X"))
        assert said[0] == said[1]
        assert hidden.key not in said[0]


@pytest.mark.parametrize("more", [{"Direction": []}, {"Filters": []}, {"Filters": "all"}, {"Filters": 5}])
def test_what_is_no_question_is_refused(client_of, viewer, graph, more):
    asked = json.dumps({"StartArns": [VERSION.key], **more})
    secret = client_of(viewer).defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    headers = {"x-amz-target": "SageMaker.QueryLineage", "x-amz-security-token": secret}
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=x"

    answer = Client().post("/sagemaker/", asked, content_type="application/x-amz-json-1.1", headers=headers)

    assert (answer.status_code, json.loads(answer.content)["__type"]) == (400, "ValidationException")


def test_a_wrong_token_and_an_unknown_call_are_refused(sagemaker, viewer):
    with pytest.raises(ClientError) as unknown:
        sagemaker().query_lineage(StartArns=["x"])
    assert unknown.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    with pytest.raises(ClientError, match="are served here"):
        sagemaker(viewer).list_models()


def test_a_session_token_counts_below_its_address_only(client, client_of, viewer):
    secret = client_of(viewer).defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=x", "x-amz-security-token": secret}

    assert client.get("/api/v1/whoami", headers=headers).status_code == 401
    assert client.post("/sagemaker/", headers=headers).status_code == 400
