"""Which offers may be ordered now: those that the key's own list has, that the API has not refused since, and not past their
last day. A model can disappear at any time; the others stay usable.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
        self._telling = 0
        self.told = 0
        """Counts what this process has told the others: what they said before may be older."""

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

    def telling(self) -> Callable[[], None]:
        """What this process has just found out is being stored for the others. Call what this returns once that is over."""
        self._telling += 1

        def over() -> None:
            self._telling -= 1
            self.told += 1

        return over

    def know(self, *, listed: Mapping[str, bool], refused: Collection[str], asked_at: int | None = None) -> None:
        """Take over what the processes that share a database have found out.

        listed: whether the key's list has a model, empty where that is not known. asked_at: `told` when they were asked. While
        this process tells them something, or where it has since they were asked, they do not know it yet: nothing changes.
        """
        if self._telling or (asked_at is not None and asked_at != self.told):
            return
        if listed:
            self._listed = frozenset(model for model, has in listed.items() if has)
        self._refused = set(refused)

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
