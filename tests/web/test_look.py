"""How values look on pages."""

from datetime import UTC, datetime

import pytest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory

from web.templatetags import look


def rendered(source, **context):
    return Template("{% load look %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0, "0 ms"),
        (999, "999 ms"),
        (3_200, "3.2 s"),
        (312_000, "5 min 12 s"),
        (7_500_000, "2 h 5 min"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_durations(milliseconds, words):
    assert look.duration(milliseconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, ""), (0.5, "0.5"), (3, "3"), (float("nan"), "NaN"), (float("inf"), "∞"), (float("-inf"), "-∞")],
)
def test_numbers_that_need_no_rounding(number, words):
    assert look.figure(number) == words


def test_a_long_number_is_short_with_the_exact_one_on_hover():
    assert look.figure(0.123456789) == '<span title="0.123456789">0.123457</span>'


def test_times_are_relative_and_exact_on_hover(time_machine_at):
    with time_machine_at("2026-11-20T12:00:00+00:00"):
        moment = datetime(2026, 11, 20, 9, tzinfo=UTC)
        milliseconds = int(moment.timestamp() * 1000)

        assert "3\xa0hours ago" in look.ago(moment)
        assert 'title="2026-11-20 09:00:00 UTC"' in look.ago(milliseconds)


def test_digests_are_short_and_can_be_copied_whole():
    html = look.digest("sha256:" + "ab" * 32)

    assert ">abababababab<" in html
    assert f'data-copy="sha256:{"ab" * 32}"' in html


@pytest.mark.parametrize(
    "source",
    [
        "{{ text|digest }}",
        "{% stage text %}",
        "{% status text %}",
        "{% refusal text %}",
        "{% copyable text label=text %}",
        "{% code text %}",
        "{% changes rows %}",
        "{% textdiff text '' %}",
        "{{ text|person }}",
    ],
)
def test_what_people_wrote_is_never_markup(source):
    html = rendered(source, text="<script>alert(1)</script>", rows=[("<script>", "<script>", "<script>")])

    assert "<script" not in html


def test_a_difference_says_what_went_and_what_came():
    html = rendered("{% textdiff before after %}", before="a\nb", after="a\nc")

    assert html.index("removed: </span></span>b") < html.index("added: </span></span>c")


def test_a_heading_sorts_and_keeps_the_rest_of_the_address():
    request = RequestFactory().get("/models?q=fraud&sort=name&page_token=abc")
    context = RequestContext(request)

    html = Template('{% load look %}{% sort_heading "name" "Name" %}{% sort_heading "age" "Age" %}').render(context)

    assert '<th scope="col" aria-sort="ascending"><a href="?q=fraud&amp;sort=-name">Name' in html
    assert '<th scope="col"><a href="?q=fraud&amp;sort=age">Age' in html


def test_progress_without_a_known_end_is_said_so():
    assert "12 so far" in rendered('{% progress 12 0 label="Looking" %}')
    assert "50 %" in rendered('{% progress 1 2 label="Looking" %}')
