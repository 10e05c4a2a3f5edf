"""URIs that clients name."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from artifacts.uris import (
    LocalPath,
    LoggedModelUri,
    ObjectUri,
    OwnedPath,
    OwnerKind,
    ProxiedUri,
    RunUri,
    VersionUri,
    parse_uri,
    root_of,
    split_owner,
)
from audit.exceptions import InvalidInput

RUN = "0123456789abcdef" * 2
MODEL = f"m-{RUN}"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (f"runs:/{RUN}/model", RunUri(RUN, "model")),
        (f"runs:/{RUN}/a/b", RunUri(RUN, "a/b")),
        (f"runs:/{RUN}", RunUri(RUN, "")),
        (f"runs:/{RUN}/", RunUri(RUN, "")),
        (f"models:/{MODEL}", LoggedModelUri(MODEL, "")),
        (f"models:/{MODEL}/sub/file", LoggedModelUri(MODEL, "sub/file")),
        ("models:/fraud/7", VersionUri("fraud", version=7)),
        ("models:/fraud/Production", VersionUri("fraud", stage="Production")),
        ("models:/fraud/latest", VersionUri("fraud")),
        ("models:/fraud/Latest", VersionUri("fraud")),
        ("models:/my model@champion", VersionUri("my model", alias="champion")),
        ("models:/a@b@champion", VersionUri("a@b", alias="champion")),
        (f"mlflow-artifacts:/3/{RUN}/artifacts/model", ProxiedUri(f"3/{RUN}/artifacts/model")),
        (f"mlflow-artifacts:///3/{RUN}/artifacts", ProxiedUri(f"3/{RUN}/artifacts")),
        ("MLFLOW-ARTIFACTS:/x", ProxiedUri("x")),
        ("mlflow-artifacts:/", ProxiedUri("")),
        ("s3://bucket/key/x", ObjectUri("s3", "s3://bucket/key/x")),
        ("gs://bucket", ObjectUri("gs", "gs://bucket")),
        (
            "abfss://box@account.dfs.core.windows.net/x",
            ObjectUri("abfss", "abfss://box@account.dfs.core.windows.net/x"),
        ),
        ("dbfs:/models/x", ObjectUri("dbfs", "dbfs:/models/x")),
        ("dummy-source", LocalPath("dummy-source")),
        ("/etc/passwd", LocalPath("/etc/passwd")),
        ("file:///etc/passwd", LocalPath("file:///etc/passwd")),
        ("C:/models", LocalPath("C:/models")),
    ],
)
def test_a_uri_is_read_for_what_it_names(text, meaning):
    assert parse_uri(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "http://host/x",
        "https://host/api/2.0/mlflow-artifacts/artifacts/1/x",
        "http:///#/../../etc/",
        "ftp://host/x",
        "sftp://host/x",
        "hdfs://host/x",
        "r2://bucket@host/x",
        "s3://bucket@host/x",
        "s3://host:99/x",
        "s3:/bucket/x",
        "s3://",
        "s3://bucket/../other",
        "s3://bucket/%2e%2e/other",
        "s3://bucket/a%00",
        "s3://bucket/a#b",
        "s3://bucket/a?b",
        "dbfs://profile@host/x",
        "mlflow-artifacts://host/x",
        "mlflow-artifacts://host:80/../../x",
        "mlflow-artifacts:x",
        f"mlflow-artifacts:/3/{RUN}/artifacts/../../other",
        f"mlflow-artifacts:/3/{RUN}/artifacts/%252e%252e/other",
        "mlflow-artifacts:/3//x",
        f"runs://{RUN}/model",
        f"runs:/{RUN}/../model",
        "runs:/",
        "runs:x",
        "models:/",
        "models:/fraud",
        "models:/fraud/",
        "models:/fraud/1/x",
        "models:/@x",
        "models:/fraud@",
        "models://host/fraud/1",
        f"models:/{MODEL}/../x",
        "unknown:/x",
        "a\0b",
        "x" * 2001,
    ],
)
def test_a_uri_that_is_not_ours_to_follow_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_uri(text)


@pytest.mark.parametrize(
    "text",
    [f"runs:/{RUN}/a", f"models:/{MODEL}", "models:/n/3", "models:/n@a", "models:/n/latest", "mlflow-artifacts:/x"],
)
def test_a_uri_is_written_the_way_it_was_read(text):
    assert str(parse_uri(text)) == text


@given(st.text())
def test_reading_a_uri_ends_in_a_value_or_a_refusal(text):
    with suppress(InvalidInput):
        parse_uri(text)


@given(st.text(st.characters(exclude_categories=["C"]), max_size=12))
def test_the_root_of_an_owner_is_found_in_every_path_below_it(name):
    for kind, uid in ((OwnerKind.RUN, RUN), (OwnerKind.LOGGED_MODEL, MODEL)):
        for base in ("3", "", "custom/place"):
            root = root_of(base, kind, uid)

            assert split_owner(f"{root}/{name}") == OwnedPath(kind, uid, root, name)


def test_a_path_without_an_owner_has_none():
    assert split_owner("3/traces/tr-1/artifacts/x") is None
    assert split_owner(f"3/{RUN}") is None
    assert split_owner("") is None
