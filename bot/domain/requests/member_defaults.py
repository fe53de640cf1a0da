"""What `/sora` and `/video` take for a member in one server where the member says nothing."""

from dataclasses import dataclass

from bot.domain.generation import Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDefaults:
    """A member's defaults in one server. None: nothing was chosen. model: a family; style: a name, as it was typed."""

    model: str | None = None
    shape: Orientation | None = None
    seconds: int | None = None
    style: str | None = None


NO_DEFAULTS = MemberDefaults()
