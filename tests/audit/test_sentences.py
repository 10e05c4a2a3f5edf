"""Every type of event is told in a sentence that somebody wrote."""

import pytest

from audit.event_types import EventType
from audit.sentences import has_phrase

#: These are told by their outcome.
_REFUSALS = {EventType.OPERATION_DENIED, EventType.OPERATION_FAILED}


@pytest.mark.parametrize("event_type", sorted(set(EventType) - _REFUSALS))
def test_every_type_of_event_has_a_sentence(event_type):
    assert has_phrase(event_type), f"Write one for {event_type} in audit/sentences.py."
