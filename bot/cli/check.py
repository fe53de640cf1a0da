"""`sora-bot check`: verifies everything the bot needs, one line each."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import aiohttp
import discord
from discord.http import Route

from bot.catalog.catalog import Catalog
from bot.cli.check_data import data
from bot.cli.check_names import misspelt, readable_by_others
from bot.cli.check_operator import operator
from bot.cli.finding import Finding
from bot.domain.errors import ProviderError, Unusable
from bot.domain.processes.contact import Contact
from bot.domain.provider import Fault
from bot.gateway.client import intents, use_api
from bot.gateway.described_http import DescribedClient
from bot.gateway.identify import SessionStarts
from bot.monitoring import logs
from bot.settings import Settings
from bot.uniall import UniAll
from bot.uniall.network.exchange import dated

TIMEOUT = 20.0
CLOCK_AGREES, CLOCK_WARNING = 10.0, 30.0  # seconds
CLOCK_FAILURE = 120.0
_UNREACHABLE = "See whether this machine reaches it (DNS, firewall, proxy), check {}, and try again"
Clocks = dict[str, Contact]  # by the service whose responses give the time


def check() -> int:
    """Print a line for each check; returns 0, or 1 if any failed."""
    return asyncio.run(_check())


async def _check() -> int:
    try:
        settings = Settings.load()
    except Unusable as error:
        print(Finding(False, "settings", str(error), "Correct it in .env; .env.example explains every setting"))
        _print_misspelt()
        return 1
    print(Finding(True, "settings", "read"))
    _print_misspelt()
    if private := readable_by_others():
        print(private)
    # Every fault has an output line of its own, so the log stays quiet.
    logs.configure(level="DEBUG" if settings.log_level == "DEBUG" else "CRITICAL")
    failed = False
    clocks = {name: Contact(time.monotonic, time.time) for name in ("UniAll", "Discord")}
    steps: list[Callable[[Settings], AsyncIterator[Finding]]] = [
        *(_spending, data, _metrics, partial(_uniall, clocks=clocks), partial(_discord, clocks=clocks)),
        partial(_clock, clocks=clocks),
    ]
    for step in steps:
        async for finding in step(settings):
            print(finding, flush=True)
            failed |= finding.good is False
    return int(failed)


def _print_misspelt() -> None:
    if found := misspelt():
        print(found)


async def _spending(settings: Settings) -> AsyncIterator[Finding]:
    if settings.strangers_may_spend:
        yield Finding(
            None,
            "spending",
            "ALLOWED_GUILD_IDS and OPERATOR_BUDGET are both empty: any server that invites the bot can spend your money",
            "Set one of them, for example OPERATOR_BUDGET=50 usd per day",
        )
    else:
        yield Finding(True, "spending", "bounded")


async def _metrics(settings: Settings) -> AsyncIterator[Finding]:
    if settings.metrics_address is None:
        return
    host, port = settings.metrics_address
    try:
        server = await asyncio.start_server(_hang_up, host, port)
    except OSError as error:
        # A running bot listens there itself, which is no fault.
        taken = error.errno == errno.EADDRINUSE
        why = (error.strerror or str(error)).rpartition(": ")[2]
        do = "Nothing to do if your bot is running; else choose another port in METRICS_LISTEN"
        do = do if taken else "Set METRICS_LISTEN to an address of this machine, such as 127.0.0.1:9464"
        yield Finding(None if taken else False, "metrics", f"nothing can listen on {host} port {port}: {why}", do)
        return
    server.close()
    await server.wait_closed()
    yield Finding(True, "metrics", f"can be served on {host} port {port}")


def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _uniall(settings: Settings, *, clocks: Clocks) -> AsyncIterator[Finding]:
    try:
        catalog = Catalog.read(settings.models_file)
    except Unusable as error:
        yield Finding(False, "models", str(error), "Correct MODELS_FILE, or leave it empty for the shipped catalogue")
        return
    key = settings.uniall_api_key.get_secret_value()
    try:
        async with UniAll(key=key, base_url=settings.uniall_base_url, contact=clocks["UniAll"]) as uniall:
            listed = await uniall.models()
    except ProviderError as error:
        text = f"UniAll at {settings.uniall_base_url}"
        refused = error.fault is Fault.AUTH
        text += " does not accept UNIALL_API_KEY" if refused else f" cannot be asked: {error.detail or error.fault}"
        do = "Make a key in UniAll's dashboard and put it there" if refused else _UNREACHABLE.format("UNIALL_BASE_URL")
        yield Finding(False, "key", text, do)
        return
    yield Finding(True, "key", f"accepted by {settings.uniall_base_url}")
    catalog.listed(listed)
    ours = {offer.model for offer in catalog.offers}
    if not ours & listed:
        do = "Give the key these models in UniAll's dashboard; `sora-bot models` shows what it has"
        yield Finding(False, "models", f"the key can use none of the catalogue's {len(ours)} models", do)
    elif missing := catalog.missing:
        text = f"{', '.join(catalog.families())}; not with this key: {', '.join(sorted(missing))}"
        yield Finding(None, "models", text, "Give the key these too in UniAll's dashboard, if members should have them")
    else:
        count = f"{len(ours & listed)} of {len(ours)} ids; `sora-bot models` shows all"
        yield Finding(True, "models", f"{', '.join(catalog.families())}: {count}")


async def _discord(settings: Settings, *, clocks: Clocks) -> AsyncIterator[Finding]:
    if settings.discord_api_base_url:
        use_api(settings.discord_api_base_url)
    client = DescribedClient(intents=intents(), http_trace=_trace_dates(clocks["Discord"]))
    try:
        async with asyncio.timeout(TIMEOUT):
            await client.login(settings.discord_token.get_secret_value())
            yield Finding(True, "token", f"logged in as {client.user}")
            gateway = await _answer(client.http.request(Route("GET", "/gateway/bot")))
            starts = gateway["session_start_limit"]
            good = starts["remaining"] > 0
            do = "" if good else "Wait until tomorrow; see in the log what starts the bot so often"
            yield Finding(good, "gateway", f"{gateway['url']}, {starts['remaining']} starts left today", do)
            yield _shards(SessionStarts.of(dict(gateway)))
            yield Finding(True, "intents", "guilds and guild messages; no privileged one is needed")
            missing = [guild for guild in settings.allowed_guild_ids if not await _joined(client, guild)]
            if missing:
                text = f"the bot is not in {', '.join(missing)} of ALLOWED_GUILD_IDS"
                yield Finding(None, "servers", text, "Invite it there (OAuth2 → URL Generator), or remove the id")
            yield await operator(client, settings)
    except discord.LoginFailure:
        do = "Reset the token in the Developer Portal (Bot → Reset Token) and put it there"
        yield Finding(False, "token", "Discord does not accept DISCORD_TOKEN", do)
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError, KeyError, TypeError) as error:
        do = _UNREACHABLE.format("DISCORD_API_BASE_URL")
        yield Finding(False, "discord", f"cannot be asked: {type(error).__name__} {error}".rstrip(), do)
    finally:
        await client.close()


def _shards(starts: SessionStarts) -> Finding:
    count, at_once = starts.recommended_shards, starts.max_concurrency
    if count == 1:
        return Finding(True, "shards", "Discord recommends one, which `sora-bot run` takes")
    text = (
        f"Discord recommends {count}: `sora-bot run` takes all, gateways share 0 to {count - 1} of --shards …/{count}"
    )
    return Finding(True, "shards", f"{text}; {at_once} may begin a session at once")


def _trace_dates(contact: Contact) -> aiohttp.TraceConfig:
    async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
        contact.answered(dated(params.response.headers))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    return trace


async def _clock(_: Settings, *, clocks: Clocks) -> AsyncIterator[Finding]:
    """Compare this machine's clock with those of the services that responded. A `Date` is half a second old on average."""
    ahead = {
        name: time.time() - there.timestamp() - 0.5
        for name, contact in clocks.items()
        if (there := contact.now()) is not None
    }
    worst = max((abs(seconds) for seconds in ahead.values()), default=None)
    if worst is None:
        do = "Mend the lines above, then check again"
        yield Finding(None, "clock", "not compared: neither UniAll nor Discord has said what time it is", do)
        return
    text = ", ".join(_compared(name, seconds) for name, seconds in ahead.items())
    if worst < CLOCK_WARNING:
        yield Finding(True, "clock", text)
        return
    do = "Set this machine's clock and keep it right, e.g. `timedatectl set-ntp true` or chrony; windows of quotas and the"
    do += " times on cards follow it"
    if max(ahead.values()) - min(ahead.values()) >= CLOCK_WARNING:
        do += ". UniAll's and Discord's clocks disagree with each other: compare with a third before you set it"
    yield Finding(False if worst >= CLOCK_FAILURE else None, "clock", text, do)


def _compared(name: str, ahead: float) -> str:
    if abs(ahead) < CLOCK_AGREES:
        return f"agrees with {name}'s"
    return f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} {name}'s"


async def _joined(client: discord.Client, guild_id: str) -> bool:
    try:
        await client.fetch_guild(int(guild_id), with_counts=False)
    except (discord.NotFound, discord.Forbidden):
        return False
    return True


async def _answer(request: Awaitable[dict[str, object]]) -> dict[str, dict[str, int]]:
    return await request  # type: ignore[return-value] # Discord's GatewayBotResponse, of which two fields are read
