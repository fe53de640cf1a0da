"""Which offers may be ordered now: those that the key's own list has, that the API has not refused since, and not past their
last day. A model can disappear at any time; the others stay usable.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from bot.catalog.names import vendor_of
from bot.catalog.offers import Offer


class Availability:
    """The offers of a models file, and what is known of them besides."""

    def __init__(self, offers: Sequence[Offer], today: Callable[[], date]) -> None:
        self.offers = tuple(offers)
        self._today = today
        self._listed: frozenset[str] | None = None
        self._refused: set[str] = set()
        self._unstored: set[str] = set()  # refused, and not known to other processes yet
        self._storing = 0
        self.stored = 0
        """Counts what this process has stored for the others: what they said before may be older."""

    def listed(self, models: Iterable[str]) -> frozenset[str]:
        """Store the key's own list of models; returns the ids of the catalogue that it lacks.

        A list that contains no id of the catalogue changes nothing: it is the list of some other API.
        """
        ours = {offer.model for offer in self.offers}
        named = ours & set(models)
        if not named:
            return frozenset()
        self._listed = frozenset(named)
        self._refused -= named  # a model that is listed again may be tried again
        self._unstored -= named
        return frozenset(ours - named)

    @property
    def missing(self) -> frozenset[str]:
        """The ids of the catalogue that the key's own list lacks, but for those of vendors of which it has nothing.

        A vendor is the first word of a family's name. Who has no Kling at all is not told of each Kling id.
        """
        if self._listed is None:
            return frozenset()
        vendors = {vendor_of(offer.family) for offer in self.offers if offer.model in self._listed}
        ours = {offer.model for offer in self.offers if vendor_of(offer.family) in vendors}
        return frozenset(ours - self._listed)

    def refuse(self, model: str) -> None:
        """The API itself has reported that it does not have this model."""
        self._refused.add(model)
        self._unstored.add(model)

    def refusal_stored(self, model: str) -> None:
        """Every process learns of this refusal, so that from now on they decide together when it ends."""
        self._unstored.discard(model)
        self.stored += 1

    @contextmanager
    def storing_list(self) -> Generator[None]:
        """While the key's list is being stored for the other processes."""
        self._storing += 1
        try:
            yield
        finally:
            self._storing -= 1
            self.stored += 1

    def know(self, *, listed: Mapping[str, bool], refused: Collection[str], asked_at: int | None = None) -> None:
        """Take over what the processes that share a database have found out.

        listed: whether the key's list has a model, empty where that is not known. A refusal that is not stored yet stays.
        asked_at: `stored` when they were asked; if this process has stored something since, they may not know it yet.
        """
        if self._storing or (asked_at is not None and asked_at != self.stored):
            return
        if listed:
            self._listed = frozenset(model for model, has in listed.items() if has)
        self._refused = {*refused, *self._unstored}

    def usable(self, offer: Offer) -> bool:
        """Whether it may be ordered now."""
        return (
            offer.model not in self._refused
            and (self._listed is None or offer.model in self._listed)
            and (offer.sunset is None or self._today() < offer.sunset)
        )

    def usable_models(self) -> frozenset[str]:
        """The ids that may be ordered now."""
        return frozenset(offer.model for offer in self.offers if self.usable(offer))
