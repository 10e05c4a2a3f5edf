"""Reading model cards: as they are, as they were, and which revisions describe a version."""

from dataclasses import dataclass

from audit.exceptions import NotFound
from registry.cards import SECTIONS, Place, Section, sections_digest
from registry.models import CardRevision, ModelVersion, RegisteredModel
from registry.querysets import CardRevisionQuerySet


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """A heading of a card and what stands below it; nothing yet when ``text`` is empty."""

    section: Section
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A model's or a version's card as it reads, now or in a former revision.

    ``number`` is that of its own revision, 0 when it has none; ``started_from`` is then the card of another version
    that this one took over unread, if it did.
    """

    place: Place
    number: int
    revision: CardRevision | None
    started_from: ModelVersion | None = None

    @property
    def sections(self) -> list[WrittenSection]:
        """Every section of such a card, in order."""
        return [WrittenSection(section, self.text_of(section.key)) for section in SECTIONS[self.place]]

    @property
    def written(self) -> list[WrittenSection]:
        """The sections that say something."""
        return [written for written in self.sections if written.text]

    @property
    def missing(self) -> list[Section]:
        """The sections that nobody has written yet."""
        return [written.section for written in self.sections if not written.text]

    @property
    def digest(self) -> str:
        """The SHA-256 of its text."""
        return self.revision.digest if self.revision else sections_digest({})

    def text_of(self, key: str) -> str:
        """What a section says."""
        return str(self.revision.sections.get(key, "")) if self.revision else ""


@dataclass(frozen=True, slots=True)
class CardPin:
    """The text that describes a version at this moment: its own card and its model's. An approval keeps the digest."""

    model_revision: int | None
    version_revision: int | None
    digest: str


def card_revision_of(version: ModelVersion) -> CardPin:
    """Which revisions (by primary key) of the two cards describe a version now; one query, on fresh values."""
    found = ModelVersion.objects.filter(pk=version.pk).values_list(
        "model__card_id", "model__card__digest", "card_id", "card__digest"
    )
    of_model, model_digest, of_version, version_digest = found.get()
    nothing = sections_digest({})
    both = {"model": model_digest or nothing, "version": version_digest or nothing}
    return CardPin(of_model, of_version, sections_digest(both))


def card_of(owner: RegisteredModel | ModelVersion) -> Card:
    """The card as it reads now; at most one query, for whoever was let see its owner."""
    revision = _shown().filter(pk=owner.card_id).first() if owner.card_id else None
    if isinstance(owner, RegisteredModel):
        return Card(Place.MODEL, revision.number if revision else 0, revision)
    if revision is None or revision.version_id == owner.pk:
        return Card(Place.VERSION, revision.number if revision else 0, revision)
    return Card(Place.VERSION, 0, revision, started_from=revision.version)


def revisions_of(owner: RegisteredModel | ModelVersion) -> CardRevisionQuerySet:
    """Every revision of a card, the newest first."""
    return _shown().of(owner).order_by("-number")


def card_at(owner: RegisteredModel | ModelVersion, number: int) -> Card:
    """A card as it was in a revision. Raises NotFound."""
    revision = revisions_of(owner).filter(number=number).first() if number < 2**31 else None
    if revision is None:
        raise NotFound(f"The card of {owner} has no revision {number}.")
    return Card(Place.VERSION if isinstance(owner, ModelVersion) else Place.MODEL, number, revision)


def _shown() -> CardRevisionQuerySet:
    return CardRevision.objects.select_related("author", "version__model__project")
