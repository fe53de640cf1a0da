"""The lines of `/config show`: what holds in a server now, by its own settings or by the operator's defaults."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting
from bot.domain.quota.limits import Limit
from bot.domain.quota.rules import Rule, Subject, window_order
from cogs._ui import phrases, text
from cogs._ui.wording import Words
from cogs.moderation.config import values

VALUE_SHOWN = 400
BLOCKS_SHOWN = 10
QUOTAS_SHOWN = 6
REASON_SHOWN = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What holds now beside the stored settings. pause, blocks: those that have not ended. most_open: jobs of one member.

    rules: for everyone and the server's pools. default: the operator's limits, where they hold.
    """

    pause: Pause | None = None
    blocks: Sequence[Block] = ()
    most_open: int = 25
    rules: Sequence[Rule] = ()
    default: Sequence[Limit] = ()


def lines(say: Words, settings: GuildSettings, holding: Holding, log_channel: str) -> list[str]:
    """Return a line for each setting. log_channel: its text."""
    everywhere, nothing = say("config-everywhere"), say("config-nothing")
    listed = phrases.some(say, [f"<#{one}>" for one in sorted(settings.channels)], values.NAMED)
    blocked = phrases.some(say, [_blocked(say, block) for block in holding.blocks], BLOCKS_SHOWN)

    def value(setting: Setting) -> str:
        return values.setting(say, settings, setting, VALUE_SHOWN)

    return [
        say("config-title"),
        _paused(say, holding.pause),
        say("config-channels", value=listed or everywhere),
        say("config-models", value=value(Setting.MODELS) or say("config-all")),
        say("config-limits", value=values.limits(say, settings, holding.most_open)),
        say("config-quotas", value=_quotas(say, holding)),
        say("config-filter", value=values.terms(say, settings) or nothing),
        say("config-blocked", value=blocked or nothing),
        say("config-log-channel", value=log_channel),
        say("config-threads", value=value(Setting.THREADS)),
        say("config-results", value=value(Setting.RESULTS)),
        say("config-timezone", value=settings.zone),
    ]


def _paused(say: Words, pause: Pause | None) -> str:
    if pause is None:
        return say("config-open")
    line = say("config-paused", when=text.moment(pause.until)) if pause.until else say("config-paused-open")
    return say("config-why", line=line, reason=text.safe(pause.reason, REASON_SHOWN)) if pause.reason else line


def _blocked(say: Words, block: Block) -> str:
    who = f"<@{block.member_id}>"
    return say("config-blocked-until", who=who, when=f"<t:{int(block.until.timestamp())}:f>") if block.until else who


def _quotas(say: Words, holding: Holding) -> str:
    """Return the limits of a member without other rules, and the server's pools."""
    parts: list[str] = []
    for subject, name in ((Subject.EVERYONE, "config-quota-everyone"), (Subject.SERVER, "config-quota-server")):
        rules = sorted(
            (rule for rule in holding.rules if rule.subject is subject),
            key=lambda rule: window_order(rule.unit, rule.per),
        )
        found = [phrases.rule_text(say, rule) for rule in rules]
        if found:
            parts.append(say(name, limits=phrases.some(say, found, QUOTAS_SHOWN)))
        elif subject is Subject.EVERYONE and holding.default:
            limits = phrases.some(say, [phrases.limit_text(say, limit) for limit in holding.default], QUOTAS_SHOWN)
            parts.append(say("config-quota-default", limits=limits))
        elif subject is Subject.EVERYONE:
            parts.append(say("config-quota-none"))
    return say("list-semicolon").join(parts)
