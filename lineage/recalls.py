"""Where apps above take part in recalls: they are told of them, and say what they let pass nevertheless."""

from collections.abc import Callable, Mapping, Sequence

from django.urls import reverse

#: Hears the number of a recall, after the commit by which it began, was cleared, or was waived for something.
Teller = Callable[[int], None]
#: Of the keys of versions by recall, those (recall and key) that somebody lets pass in spite of it.
Waivers = Callable[[Mapping[int, Sequence[str]]], set[tuple[int, str]]]

_tellers: list[Teller] = []
_waivers: list[Waivers] = []


def register_teller(teller: Teller) -> None:
    """Tell ``teller`` whenever something happens to a recall. For ``AppConfig.ready()``."""
    if teller not in _tellers:
        _tellers.append(teller)


def register_waivers(waivers: Waivers) -> None:
    """Ask ``waivers`` which versions are let pass; a fixed number of queries. For ``AppConfig.ready()``."""
    if waivers not in _waivers:
        _waivers.append(waivers)


def tell(recall_pk: int) -> None:
    """Tell everybody who registered."""
    for teller in _tellers:
        teller(recall_pk)


def waived_elsewhere(keys: Mapping[int, Sequence[str]]) -> set[tuple[int, str]]:
    """What apps above say may pass in spite of a recall, as recall and key."""
    return {pair for waivers in _waivers for pair in waivers(keys)} if keys else set()


def page_of(recall_pk: int) -> str:
    """The address of a recall's page."""
    return reverse("lineage:recall", args=[recall_pk])
