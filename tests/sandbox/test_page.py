"""The pages carry a bot whose services run in real time: nothing needs a reload, no click is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.errors import PortTakenError
from sandbox.page import DEFAULT_PORT, DiscordPages
from sandbox.session import Session
from tests.sandbox.conftest import Json, eventually


class Tab:
    """A browser tab, as far as the page's own protocol goes."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.origin, _, key = url.partition("/#")
        self.headers = {"X-Simcord-Capability": key}
        self.state: Json = {}
        self.sequence = 0

    async def call(self, method: str, path: str, body: Any = None) -> Json:
        async with self.http.request(method, self.origin + path, json=body, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def open(self) -> "Tab":
        self.state = await self.call("POST", "/api/pages", {})
        self.headers["X-Simcord-Context"] = self.state["context"]["id"]
        return self

    async def look(self) -> str:
        """All text there is, as JSON."""
        self.state = await self.call("GET", "/api/state")
        return str(self.state["messages"])

    async def act(self, kind: str, **fields: Any) -> Json:
        """With the revision this tab saw last, however old."""
        self.sequence += 1
        body = {
            "protocol_version": 3,
            "sequence": self.sequence,
            "request_id": f"r{self.sequence}",
            "generation": self.state["context"]["generation"],
            "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
            "kind": kind,
        }
        return await self.call("POST", "/api/action", {**body, **fields})

    async def sora(self, prompt: str) -> Json:
        command = next(e for e in (await self.call("GET", "/api/commands"))["entries"] if e["invocation"] == "sora")
        return await self.act(
            "run_command",
            command_id=command["commandId"],
            path=command["path"],
            schema_fingerprint=command["schemaFingerprint"],
            options={"prompt": prompt},
        )

    async def until(self, *words: str) -> str:
        async def look() -> str:
            seen = await self.look()
            return seen if all(word in seen for word in words) else ""

        return await eventually(look)


@pytest.fixture
async def pages(session: Session) -> AsyncIterator[DiscordPages]:
    async with DiscordPages(session.servers, session.driver) as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def tab(pages: DiscordPages, http: aiohttp.ClientSession) -> Tab:
    return await Tab(http, pages.pages[0].preview.url).open()


async def listed(pages: DiscordPages, http: aiohttp.ClientSession) -> Json:
    async with http.get(pages.url + "pages") as answer:
        return await answer.json()


async def test_a_video_made_in_the_background_shows_by_itself(tab: Tab) -> None:
    result = await tab.sora("A paper boat")
    assert not result["rejected"], result
    await tab.until("take.mp4", "Done", "Aliya")


async def test_what_follows_a_deleted_placeholder_shows(tab: Tab) -> None:
    result = await tab.sora("refused late")
    assert not result["rejected"], result
    await tab.until("Refused after a while.")


async def test_a_clip_is_made_playable_once_for_all_tabs(
    tab: Tab, pages: DiscordPages, http: aiohttp.ClientSession
) -> None:
    await tab.sora("A paper boat")
    await tab.until("take.mp4")

    async def begun() -> int:
        return len(pages.clips.conversions)

    assert await eventually(begun) == 1, "before anybody asked to play it"
    for other in (tab, await Tab(http, pages.pages[0].preview.url).open()):
        await other.look()
        [clip] = [key for key, asset in other.state["assets"].items() if asset["filename"] == "take.mp4"]
        async with http.get(f"{other.origin}/api/assets/{clip}", headers=other.headers) as answer:
            assert (answer.status, answer.content_type) == (200, "video/webm")
    assert len(pages.clips.conversions) == 1


async def test_a_click_survives_a_refresh_the_tab_has_not_seen(tab: Tab, session: Session) -> None:
    await tab.look()
    old = tab.state["publishedRevision"]
    await session.driver.step()
    result = await tab.sora("A paper boat")
    assert not result["rejected"]
    assert result["revision"] > old + 1


async def test_the_same_request_twice_runs_once(tab: Tab, session: Session) -> None:
    await session.driver.step()
    first = await tab.sora("A paper boat")
    await session.driver.step()
    tab.sequence -= 1
    again = await tab.sora("A paper boat")
    await tab.until("take.mp4")
    assert (again["correlation"], again["rejected"]) == (first["correlation"], False)
    assert len(session.uniall.submits) == 1


async def test_clicks_of_two_tabs_take_turns(pages: DiscordPages, http: aiohttp.ClientSession) -> None:
    tabs = [await Tab(http, page.preview.url).open() for page in (pages.pages[0], pages.pages[0], pages.pages[1])]
    results = await asyncio.gather(*(tab.sora(f"boat {number}") for number, tab in enumerate(tabs)))
    assert [result["rejected"] for result in results] == [False] * 3


async def test_a_new_thread_gets_a_page_of_its_own(
    pages: DiscordPages, http: aiohttp.ClientSession, session: Session
) -> None:
    member, channel = session.server.people[0], session.server.channels[0]
    async with session.driver.turn():
        await member.slash(channel, "sora", prompt="A paper boat")

    async def with_video() -> list[discord.Message]:
        return [message for message in channel.history() if message.attachments]

    posted = await eventually(with_video)
    async with session.driver.turn():
        await member.click(posted[0], label="Thread")

    async def threads_listed() -> list[Json]:
        return [page for page in (await listed(pages, http))["pages"] if page["thread"]]

    listed_thread = (await eventually(threads_listed))[0]
    assert listed_thread["name"] == "Further takes"
    tab = await Tab(http, listed_thread["url"]).open()
    await tab.until("Go on here.")
    async with session.driver.turn():
        await member.slash(channel.threads[0], "sora", prompt="Another boat")
    await tab.until("take.mp4", "Done")


async def test_a_page_ended_from_its_menu_opens_again(
    pages: DiscordPages, http: aiohttp.ClientSession, session: Session
) -> None:
    ended = pages.pages[1].preview
    await ended.close()
    await session.driver.step()
    assert pages.pages[1].preview.url != ended
    await Tab(http, pages.pages[1].preview.url).open()


async def test_index_lists_channels_people_and_markers(pages: DiscordPages, http: aiohttp.ClientSession) -> None:
    world = await listed(pages, http)
    assert [page["name"] for page in world["pages"]] == ["videos", "lounge", "text-only"]
    assert world["people"] == ["Aliya", "Marat (Creators)", "Grace (moderator)"]
    assert "[fail]" in world["markers"]
    async with http.get(pages.url) as answer:
        assert "Sora Bot sandbox" in await answer.text()


async def test_only_the_moderator_may_manage_the_server(session: Session) -> None:
    may = [person.guild.id and _manages(session, person.id) for person in session.server.people]
    assert may == [False, False, True]


def _manages(session: Session, user_id: int) -> bool:
    server = session.server
    bits = server.env.backend.compute_permissions(server.guild.id, user_id, server.channels[0].id)
    return bool(bits & 1 << 5)


async def test_foreign_sites_cannot_read_the_addresses(pages: DiscordPages, http: aiohttp.ClientSession) -> None:
    for path in ("", "pages"):
        async with http.get(pages.url + path, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403


async def test_a_taken_port_is_told_when_it_was_asked_for(session: Session, pages: DiscordPages) -> None:
    port = int(pages.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(PortTakenError, match=f"port {port} is taken"):
        await DiscordPages(session.servers, session.driver, port=port).__aenter__()


async def test_without_a_port_it_falls_back_to_a_free_one(session: Session) -> None:
    async def never(reader: object, writer: asyncio.StreamWriter) -> None:
        writer.close()

    try:
        holder = await asyncio.start_server(never, "127.0.0.1", DEFAULT_PORT)
    except OSError:
        holder = None  # taken already: as good
    try:
        async with DiscordPages(session.servers, session.driver) as pages:
            assert pages.url != f"http://127.0.0.1:{DEFAULT_PORT}/"
    finally:
        if holder is not None:
            holder.close()
            await holder.wait_closed()
