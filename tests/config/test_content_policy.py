"""The Content-Security-Policy header."""

from django.http import HttpResponse
from django.test import RequestFactory

from config.content_policy import ContentPolicyMiddleware


def test_an_answer_may_load_our_own_files_only(client):
    policy = client.get("/healthz")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_view_may_set_a_policy_of_its_own():
    own = HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    answer = ContentPolicyMiddleware(lambda request: own)(RequestFactory().get("/"))

    assert answer["Content-Security-Policy"] == "sandbox"
