"""Cards and results keep Discord's limits whatever the prompt is, and a card is edited only when it shows something new."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.domain.generation import Generation, Image, Reason, State, Video
from bot.domain.messages import component_ids
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import LOST, TOO_LARGE, DeliveryState
from bot.domain.messages.own_messages import generation_of, is_card, is_failure_notice, is_result
from bot.domain.messages.posts import CardPictures
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.provider import Fault
from bot.system.ids import RandomIds
from bot.usecases.requests.generation_request import AcceptedCard
from cogs.cards import failure_message, status_card
from cogs.cards.accepting import attached
from tests.cogs.conftest import LONG_ID, NOW, PICTURE, delivered, generation, parts, situations, texts
from tests.tables import every_row

PROMPTS = {
    "letters": "a" * 4000,
    "signs": "*_~|>`" * 667,
    "backslashes": "\\" * 4000,
    "mentions": "<@500000000000000000> @everyone " * 125,
    "links": "[a](https://b.c) https://d.e " * 138,
    "emoji": "😀" * 4000,
    "families": "👩‍👩‍👧‍👦" * 571,
    "lines": "a\n" * 2000,
    "directions": "\u202eمرحبا" * 666,
    "one": "x",
}
TEXT, MEDIA_GALLERY, BUTTON, THUMBNAIL = 10, 12, 2, 11
SERVER = GuildSettings(guild_id="300000000000000000")


def utf16(text: str) -> int:
    """How long JavaScript says it is: the longest that anyone may count."""
    return len(text.encode("utf-16-le")) // 2


def check_limits(view: Any) -> None:
    found = parts(view)
    assert 0 < len(found) <= 40
    assert utf16(texts(view)) <= 4000
    identifiers = [part["custom_id"] for part in found if "custom_id" in part]
    assert len(set(identifiers)) == len(identifiers)
    assert all(1 <= len(identifier) <= 100 for identifier in identifiers)
    for part in found:
        if part["type"] == TEXT:
            assert part["content"].strip()
        if part["type"] == MEDIA_GALLERY:
            assert 1 <= len(part["items"]) <= 10
            assert all(len(item["description"]) <= 1024 for item in part["items"])
        if part["type"] == BUTTON:
            assert 1 <= len(part["label"]) <= 80


@every_row("prompt", PROMPTS.values())
def test_a_card_keeps_discords_limits_in_every_state(prompt: str) -> None:
    for one, card_context in situations(prompt):
        check_limits(status_card.render(one, card_context))


@pytest.mark.parametrize("prompt", ["**a**\n@everyone", "https://a.b", "<@1>"])
def test_a_prompt_is_one_quoted_line_on_the_card(prompt: str) -> None:
    lines = texts(status_card.render(generation(prompt=prompt), CardContext())).splitlines()
    assert [line for line in lines if line.startswith("> ")] == [lines[2]]
    assert prompt not in lines[2]


def test_a_card_whose_words_are_forgotten_has_no_empty_quote() -> None:
    for state in State:
        assert not [
            line
            for line in texts(status_card.render(generation(state, prompt=""), CardContext())).splitlines()
            if line[0] == ">"
        ]


def labels(one: Generation) -> list[str]:
    """The buttons on a card."""
    return [part["label"] for part in parts(status_card.render(one, CardContext())) if part["type"] == BUTTON]


@pytest.mark.parametrize("state", State)
def test_a_card_can_be_cancelled_only_before_it_is_sent(state: State) -> None:
    assert ("Cancel" in labels(generation(state))) == (state is State.RESERVED)


@pytest.mark.parametrize("state", State)
def test_a_card_that_ended_without_a_video_goes_on_from_there_so_that_nothing_is_typed_twice(state: State) -> None:
    ended = state in (State.FAILED, State.CANCELLED)
    more = {"fault": "expired"} if state is State.FAILED else {}
    assert [name for name in labels(generation(state, **more)) if name != "Cancel"] == (["Again", "Remix"] * ended)
    assert labels(generation(state, prompt="", **more)) == (["Cancel"] if state is State.RESERVED else [])


def test_every_state_is_told_apart() -> None:
    said = {texts(status_card.render(generation(state), CardContext())) for state in State}
    assert len(said) == len(State)


@every_row("fault", [*Fault, *Reason])
def test_a_failed_card_says_why_and_that_the_quota_is_back(fault: str) -> None:
    said = texts(status_card.render(generation(State.FAILED, fault=fault), CardContext()))
    assert said.endswith("Your quota is back.")
    others = {
        texts(status_card.render(generation(State.FAILED, fault=other), CardContext()))
        for other in Fault
        if other != fault
    }
    assert said not in others or fault in (Fault.GATEWAY_ERROR, Fault.TRANSIENT)


def test_a_finished_card_links_to_the_video_and_says_how_long_it_took() -> None:
    done = generation(State.SUCCEEDED, finished_at=NOW + timedelta(seconds=92))
    said = texts(status_card.render(done, CardContext(delivery=delivered())))
    address = "https://discord.com/channels/300000000000000000/400000000000000000/600000000000000000"
    assert f"**Done** in 1 min 32 s · [watch the video]({address})" in said


def test_a_video_that_cannot_be_posted_is_said_to_be_kept() -> None:
    done = generation(State.SUCCEEDED, finished_at=NOW)
    said = texts(status_card.render(done, CardContext(delivery=delivered(DeliveryState.UNDELIVERABLE))))
    assert "could not be posted here. It is kept." in said


def test_a_video_that_was_lost_is_said_to_be_and_can_be_made_once_more() -> None:
    lost = replace(delivered(DeliveryState.UNDELIVERABLE), why=LOST)
    view = status_card.render(generation(State.SUCCEEDED, finished_at=NOW), CardContext(delivery=lost))
    assert "was lost before it could be posted" in texts(view)
    assert [part["label"] for part in parts(view) if part["type"] == BUTTON] == ["Again", "Remix"]


def test_a_video_that_was_removed_is_said_to_be_and_linked_no_more() -> None:
    done = generation(State.SUCCEEDED, finished_at=NOW + timedelta(seconds=92))
    there, gone = CardContext(delivery=delivered()), CardContext(delivery=replace(delivered(), message_id=None))
    view = status_card.render(done, gone)
    said = texts(view)
    assert said.endswith("🗑️ **Done**, and removed from this channel since")
    assert "https://" not in said
    assert not [part for part in parts(view) if part["type"] == BUTTON]
    assert status_card.digest(view) != status_card.digest(status_card.render(done, there))


def test_a_video_that_could_not_be_posted_was_not_removed() -> None:
    done = generation(State.SUCCEEDED, finished_at=NOW)
    for state in DeliveryState:
        kept = replace(delivered(state), message_id=None)
        said = texts(status_card.render(done, CardContext(delivery=kept)))
        assert ("removed from this channel" in said) == (state is DeliveryState.SENT)


def test_an_image_is_shown_on_the_card_under_the_name_it_is_attached_by() -> None:
    one = generation(image=PICTURE)
    [thumbnail] = [part for part in parts(status_card.render(one, CardContext())) if part["type"] == THUMBNAIL]
    assert (
        thumbnail["media"]["url"] == f"attachment://{status_card.image_name(PICTURE)}" == "attachment://reference.jpg"
    )
    assert (thumbnail["description"], thumbnail["spoiler"]) == ("Reference image", False)


END = Image(file=f"{LONG_ID}-end.png", media_type="image/png", spoiler=True)


def accepted(one: Generation) -> AcceptedCard:
    return AcceptedCard(generation=one, card_context=CardContext(), image=b"first", end_image=b"last")


def test_the_first_and_the_last_picture_are_attached_and_shown_each_by_its_name_and_under_its_own_cover() -> None:
    one = generation(image=PICTURE, end_image=END)
    thumbnails = [part for part in parts(status_card.render(one, CardContext())) if part["type"] == THUMBNAIL]
    shown = [(part["media"]["url"], part["description"], part["spoiler"]) for part in thumbnails]
    assert shown == [
        ("attachment://reference.jpg", "First frame", False),
        ("attachment://end.png", "Last frame", True),
    ]
    files = attached(accepted(one))
    assert [(file.filename, file.fp.read()) for file in files] == [("reference.jpg", b"first"), ("end.png", b"last")]
    assert [file.filename for file in attached(accepted(generation(image=PICTURE)))] == ["reference.jpg"]


def thumbnail(item: Any) -> discord.SectionComponent:
    """A picture beside a text, as Discord sends it."""
    accessory: Any = {"type": 11, "description": None, "spoiler": False, **item}
    data: Any = {"type": 9, "components": [{"type": 10, "content": "a text"}], "accessory": accessory}
    return discord.SectionComponent(data, None)


def message(shown: list[str], listed: list[str], *, galleries: bool = False) -> Any:
    """A card as Discord sends it: with files that a component shows, and files in its list.

    galleries: as cards were before their pictures became small.
    """
    items: list[Any] = [{"media": {"url": url}} for url in shown]
    gallery = discord.MediaGalleryComponent({"type": 12, "items": items}, None)
    inside: list[Any] = [gallery] if galleries else [thumbnail(item) for item in items]
    container = SimpleNamespace(children=inside) if items else SimpleNamespace()
    return SimpleNamespace(components=[container], attachments=[SimpleNamespace(url=url) for url in listed])


FIRST, LAST = "https://cdn/1/reference.jpg?ex=1", "https://cdn/2/end.png?ex=2"


@pytest.mark.parametrize(
    ("shown", "listed"), [([FIRST, LAST], []), ([LAST, FIRST], []), ([], [LAST, FIRST]), ([FIRST], [LAST])]
)
def test_the_addresses_of_both_pictures_are_told_apart_by_their_names_wherever_discord_lists_them(
    shown: list[str], listed: list[str]
) -> None:
    for galleries in (False, True):
        found = status_card.picture_urls(message(shown, listed, galleries=galleries))
        assert found == CardPictures(image=FIRST, end_image=LAST)


def test_a_picture_that_is_gone_from_a_card_is_not_taken_for_the_other_one() -> None:
    assert status_card.picture_urls(message([LAST], [])) == CardPictures(end_image=LAST)
    assert status_card.picture_urls(message([FIRST], [])) == CardPictures(image=FIRST)
    assert status_card.picture_urls(message([], [])) == CardPictures()
    assert status_card.picture_urls(message(["attachment://reference.jpg"], [])) == CardPictures()


def test_what_else_was_asked_is_one_short_line_on_the_card() -> None:
    one = generation(image=PICTURE, end_image=END, sound=False, seed=0, avoid="rain **and** @everyone " + "x" * 500)
    [line] = [line for line in texts(status_card.render(one, CardContext())).splitlines() if "seed" in line]
    assert line.startswith(
        "-# without sound · seed 0 · ends with a picture · not to show: rain \\*\\*and\\*\\* \\@everyone"
    )
    assert line.endswith("…")
    assert len(line) < 200
    assert "with sound" in texts(status_card.render(generation(sound=True), CardContext()))
    assert "-# seed" not in texts(status_card.render(generation(), CardContext()))


def test_the_id_of_a_button_finds_its_way_back() -> None:
    one = generation(id=RandomIds().new())
    [button] = [part for part in parts(status_card.render(one, CardContext())) if part["type"] == BUTTON]
    assert button["custom_id"] == f"cancel:{one.id}"
    assert component_ids.BUTTON.fullmatch(button["custom_id"])


SENT = generation(State.SUBMITTED, submitted_at=NOW, progress=50)
DONE = generation(State.SUCCEEDED, finished_at=NOW + timedelta(seconds=92))
VIDEO = Video(file="x.mp4", size=1, media_type="video/mp4", sha256="0")


@pytest.mark.parametrize(
    ("one", "change"),
    [
        (generation(), {"attempts": 3, "due_at": NOW + timedelta(1), "interaction_id": "99"}),
        (generation(), {"hold": "of no known kind"}),
        (SENT, {"job_id": "gen_1", "video_url": "https://a.b", "missing_since": NOW, "card_message_id": "3"}),
        (SENT, {"due_at": NOW + timedelta(hours=1), "tried": timedelta(hours=1), "attempts": 9}),
        (DONE, {"video": VIDEO, "progress": 100, "fault": "expired"}),
    ],
)
def test_what_a_card_does_not_show_does_not_change_its_digest(one: Generation, change: dict[str, Any]) -> None:
    card_context = CardContext(queue_position=1, expected_seconds=90)
    assert status_card.digest(status_card.render(one, card_context)) == status_card.digest(
        status_card.render(replace(one, **change), card_context)
    )


@every_row(
    ("one", "change"),
    [
        (generation(), {"hold": "auth"}),
        (generation(), {"state": State.SUBMITTING}),
        (generation(), {"prompt": "a dog"}),
        (generation(), {"image": PICTURE}),
        (generation(), {"id": "another"}),
        (SENT, {"progress": 60}),
        (SENT, {"progress": 51}),
        (SENT, {"rendered_at": NOW}),
        (SENT, {"state": State.FAILED, "fault": "expired"}),
        (DONE, {"finished_at": NOW + timedelta(seconds=99)}),
    ],
)
def test_what_a_card_shows_changes_its_digest(one: Generation, change: dict[str, Any]) -> None:
    card_context = CardContext(delivery=delivered() if one.state is State.SUCCEEDED else None)
    assert status_card.digest(status_card.render(one, card_context)) != status_card.digest(
        status_card.render(replace(one, **change), card_context)
    )


def test_equal_digests_and_equal_looks_are_the_same_thing() -> None:
    shown: dict[str, str] = {}
    for one, card_context in situations("a cat"):
        view = status_card.render(one, card_context)
        look = repr(view.to_components())
        assert shown.setdefault(status_card.digest(view), look) == look
    assert len(set(shown.values())) == len(shown) > 20


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (10, "usually ready <t:"),
        (85, "it should be ready any moment"),
        (200, "it takes longer than usual (about 1 min 30 s). I keep asking UniAll until <t:"),
    ],
)
def test_a_card_names_when_it_will_be_ready_and_no_moment_that_has_passed(ago: float, said: str) -> None:
    sent = discord.utils.utcnow() - timedelta(seconds=ago)
    one = generation(State.SUBMITTED, submitted_at=sent, progress=50)
    assert said in texts(status_card.render(one, CardContext(expected_seconds=90)))


def test_a_waiting_card_counts_from_when_its_job_will_start_and_names_no_moment() -> None:
    for place, line in (
        (0, "about to be sent"),
        (1, "next in the queue"),
        (3, "place 3 in the queue"),
        (None, "in the queue"),
    ):
        known = CardContext(queue_position=place, expected_seconds=60, starts_in=200)
        said = texts(status_card.render(generation(), known))
        assert said.endswith(f"{line}\n-# usually ready in about 4 min 30 s")
        assert "<t:" not in said
        assert texts(status_card.render(generation(), replace(known, starts_in=None))).endswith(line)
        assert texts(status_card.render(generation(), CardContext(queue_position=place))).endswith(line)


def test_each_card_names_who_asked() -> None:
    for one, card_context in situations("a cat"):
        assert "-# for <@500000000000000000>" in texts(status_card.render(one, card_context))
        assert "<@500000000000000000> 请求" in texts(status_card.render(replace(one, locale="zh-CN"), card_context))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_card_whose_job_hangs_says_until_when_it_is_tried_and_that_the_quota_then_returns(locale: str) -> None:
    back = {"en-US": "your quota", "zh-CN": "配额"}[locale]
    sent: dict[str, Any] = {"submitted_at": NOW, "due_at": discord.utils.utcnow(), "locale": locale}
    hanging = [
        generation(State.SUBMITTED, overdue=True, **sent),
        generation(State.SUBMITTED, rendered_at=NOW, attempts=1, **sent),
        *(generation(hold=hold, due_at=sent["due_at"], locale=locale) for hold in ("unreachable", "auth", "image")),
    ]
    for one in hanging:
        said = texts(status_card.render(one, CardContext()))
        assert int(said.partition("<t:")[2].partition(":f>")[0]) > sent["due_at"].timestamp()
        assert back in said
    silent = generation(State.SUBMITTING, submitting_at=NOW, locale=locale)
    for one in (silent, generation(State.UNKNOWN, locale=locale), generation(hold="disk", locale=locale)):
        assert back in texts(status_card.render(one, CardContext()))


def test_a_card_is_green_only_where_its_video_can_be_seen() -> None:
    done, colours = generation(State.SUCCEEDED, finished_at=NOW), dict[str, int]()
    for name, delivery in (
        ("posted", delivered()),
        ("queued", replace(delivered(DeliveryState.QUEUED), message_id=None)),
        ("removed", replace(delivered(), message_id=None)),
        *((why, replace(delivered(DeliveryState.UNDELIVERABLE), why=why)) for why in (LOST, TOO_LARGE, "refused")),
    ):
        [box] = status_card.render(done, CardContext(delivery=delivery)).to_components()
        colours[name] = box["accent_color"]
    green = discord.Colour.green().value
    assert [name for name, colour in colours.items() if colour == green] == ["posted"]


@every_row("prompt", PROMPTS.values())
def test_the_message_about_a_failure_mentions_its_author_only_and_says_why_in_their_language(prompt: str) -> None:
    one = generation(State.FAILED, prompt=prompt, fault="content_blocked")
    view = failure_message.render(one)
    check_limits(view)
    assert texts(view).count("<@") == 1
    assert "<@500000000000000000> your video failed: The content check refused" in texts(view)
    assert "Your quota is back." in texts(view)
    assert "您的视频失败了：内容审核未通过" in texts(failure_message.render(replace(one, locale="zh-CN")))
    found = [part for part in parts(view) if part["type"] == BUTTON]
    assert [button["label"] for button in found] == ["Again", "Remix"]
    shown: Any = view.to_components()
    assert is_failure_notice(one.id, shown)
    assert not is_card(one.id, shown)
    assert not is_result(one.id, shown, [])
    assert generation_of(shown) == one.id
