"""What the audit log stores of a change: facts. They become text when they are read, in the reader's language.

Channels, roles and members are stored as ids. The only texts that people typed are banned terms and styles; entries of earlier
versions are stored as the text that was written then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting, Threads
from bot.domain.quota.limits import Limit, LimitUsage, Per, Unit
from bot.domain.quota.rules import Rule, Subject, window_order
from bot.domain.requests.styles import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFact:
    """A rule. The member or role it applies to is the change's `subject_id`. amount: in the unit's whole numbers."""

    subject: Subject
    amount: int
    unit: Unit
    per: Per

    @classmethod
    def of(cls, rule: Rule) -> "RuleFact":
        """The fact of a rule, without the rule's id and subject id."""
        return cls(subject=rule.subject, amount=rule.amount, unit=rule.unit, per=rule.per)

    def key(self) -> tuple[int, int]:
        """See `window_order`."""
        return window_order(self.unit, self.per)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFact:
    """All rules of one subject; it has at least one. The member or role is the change's `subject_id`."""

    rules: tuple[RuleFact, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "PlanFact | None":
        """The fact of a subject's rules, in order; None where there are none."""
        facts = tuple(sorted((RuleFact.of(rule) for rule in rules), key=RuleFact.key))
        return cls(rules=facts) if facts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFact:
    """A member's own unspent grants of one unit, in its whole numbers; or what each holder of a role is granted.

    until: the end of what was granted; None where it has none. role: the amount is for each holder of a role.
    """

    unit: Unit
    amount: int
    until: datetime | None = None
    role: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFact:
    """A pause. until: None for until a moderator resumes."""

    until: datetime | None = None
    reason: str = ""

    @classmethod
    def of(cls, pause: Pause | None) -> "PauseFact | None":
        """The fact of a pause."""
        return cls(until=pause.until, reason=pause.reason) if pause else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFact:
    """A block of the change's member. until: None for until a moderator unblocks."""

    until: datetime | None = None
    reason: str = field(default="", repr=False)

    @classmethod
    def of(cls, block: Block | None) -> "BlockFact | None":
        """The fact of a block, without its member."""
        return cls(until=block.until, reason=block.reason) if block else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedLimit:
    """How much of a limit is used, in its unit's whole numbers. estimate: prices that are estimates may be in it."""

    limit: Limit
    used: int
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFact:
    """A member's usage of each limit in the current windows; empty where nothing is used."""

    limits: tuple[UsedLimit, ...] = ()

    @classmethod
    def of(cls, uses: tuple[LimitUsage, ...]) -> "UsageFact":
        """The limits of which something is used."""
        used = (use for use in uses if use.used)
        return cls(limits=tuple(UsedLimit(limit=use.limit, used=use.used, estimate=use.estimate) for use in used))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsFact:
    """Channels by id."""

    channel_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamiliesFact:
    """Models by the name of their family."""

    families: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsFact:
    """Banned terms as typed."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLimitsFact:
    """The limits that `/config limits` sets: running jobs, waiting jobs, seconds, micro-dollars. None is no limit."""

    running: int | None = None
    waiting: int | None = None
    longest: int | None = None
    dearest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadsFact:
    """When results get a thread."""

    mode: Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoilerFact:
    """Whether results are covered until clicked."""

    spoiler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFact:
    """A time zone by its IANA name."""

    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFact:
    """A video that was posted or to be posted. link: the address of its card; empty where that is not known."""

    generation_id: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleFact:
    """A style of the server: its name and its text, as typed."""

    name: str
    text: str

    @classmethod
    def of(cls, style: Style) -> "StyleFact":
        """The fact of a style."""
        return cls(name=style.name, text=style.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFact:
    """Text that an earlier version wrote, or a fact that this version cannot read: shown as it is."""

    text: str


Fact = (
    RuleFact
    | PlanFact
    | GrantFact
    | PauseFact
    | BlockFact
    | UsageFact
    | ChannelsFact
    | FamiliesFact
    | TermsFact
    | MemberLimitsFact
    | ThreadsFact
    | SpoilerFact
    | ZoneFact
    | ResultFact
    | StyleFact
    | TextFact
)


def setting_fact(settings: GuildSettings, setting: Setting) -> Fact | None:
    """The current value of a setting; None where nothing is set or listed."""
    match setting:
        case Setting.CHANNELS:
            return ChannelsFact(channel_ids=tuple(sorted(settings.channels))) if settings.channels else None
        case Setting.MODELS:
            return FamiliesFact(families=tuple(sorted(settings.families))) if settings.families else None
        case Setting.LIMITS:
            return MemberLimitsFact(
                running=settings.most_running,
                waiting=settings.most_waiting,
                longest=settings.longest,
                dearest=settings.dearest,
            )
        case Setting.FILTER:
            return _terms(settings.terms)
        case Setting.LOG_CHANNEL:
            return ChannelsFact(channel_ids=(settings.log_channel_id,)) if settings.log_channel_id else None
        case Setting.THREADS:
            return ThreadsFact(mode=settings.threads)
        case Setting.TIMEZONE:
            return ZoneFact(zone=settings.zone)
        case Setting.RESULTS:
            return SpoilerFact(spoiler=settings.spoiler)


def setting_facts(setting: Setting, before: GuildSettings, after: GuildSettings) -> tuple[Fact | None, Fact | None]:
    """The value of a setting before and after.

    Of banned terms, of which there may be hundreds: the removed and the added ones.
    """
    if setting is Setting.FILTER:
        return _terms(before.terms - after.terms), _terms(after.terms - before.terms)
    return setting_fact(before, setting), setting_fact(after, setting)


def _terms(terms: frozenset[str]) -> TermsFact | None:
    return TermsFact(terms=tuple(sorted(terms))) if terms else None
