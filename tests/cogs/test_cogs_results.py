"""The messages with videos: they keep Discord's limits, and show the video, its prompt and what can be done with it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.generation import Orientation
from bot.domain.messages import component_ids
from bot.domain.messages.card import CardContext
from bot.domain.messages.posts import SmallerCopy
from bot.domain.moderation.guild_settings import Threads
from bot.system.ids import RandomIds
from cogs.cards import result_message, status_card
from tests.cogs.conftest import PICTURE, generation, parts, texts
from tests.cogs.test_cogs_cards import BUTTON, END, MEDIA_GALLERY, PROMPTS, SERVER, check_limits
from tests.tables import every_row


@every_row("prompt", PROMPTS.values())
def test_a_result_keeps_discords_limits(prompt: str) -> None:
    for spoiler in (False, True):
        check_limits(result_message.render(generation(prompt=prompt), "video.mp4", replace(SERVER, spoiler=spoiler)))
    check_limits(result_message.render_link(generation(prompt=prompt), "https://cdn.example.com/" + "x" * 1500, SERVER))


def test_a_shape_that_follows_the_picture_is_said_on_card_and_result_in_place_of_the_one_that_was_asked() -> None:
    one = generation(image=PICTURE, orientation=Orientation.SQUARE, shape_from_image=True)
    for view in (status_card.render(one, CardContext()), result_message.render(one, "v.mp4", SERVER)):
        assert "Shape follows the picture" in texts(view)
        assert "Square" not in texts(view)
    chinese = replace(one, locale="zh-CN")
    assert "画面形状随图片" in texts(status_card.render(chinese, CardContext()))


@pytest.mark.parametrize("which", ["image", "end_image"])
def test_a_video_is_covered_where_one_of_its_pictures_was(which: str) -> None:
    pictures: dict[str, Any] = {"image": PICTURE, which: END}
    view = result_message.render(generation(**pictures), "x.mp4", SERVER)
    [gallery] = [part for part in parts(view) if part["type"] == MEDIA_GALLERY]
    assert [item["spoiler"] for item in gallery["items"]] == [True]


def test_a_result_shows_the_video_by_the_name_it_is_attached_by_and_the_prompt_as_its_description() -> None:
    [gallery] = [
        part for part in parts(result_message.render(generation(), "x.mp4", SERVER)) if part["type"] == MEDIA_GALLERY
    ]
    assert gallery["items"][0]["media"]["url"] == "attachment://x.mp4"
    assert gallery["items"][0]["description"] == "a cat running through grass"


@pytest.mark.parametrize("spoiler", [True, False])
def test_a_result_is_covered_only_where_the_server_wants_that(spoiler: bool) -> None:
    open_to_all = result_message.render(generation(), "x.mp4", SERVER)
    view = result_message.render(generation(), "x.mp4", replace(SERVER, spoiler=spoiler))
    [gallery] = [part for part in parts(view) if part["type"] == MEDIA_GALLERY]
    assert [item["spoiler"] for item in gallery["items"]] == [spoiler]
    assert gallery["items"][0]["media"]["url"] == "attachment://x.mp4"
    assert gallery["items"][0]["description"] == "a cat running through grass"
    assert texts(view) == texts(open_to_all)
    assert (status_card.digest(view) == status_card.digest(open_to_all)) is not spoiler


def test_a_shrunk_result_says_so_with_a_link_to_the_original_while_there_is_one_that_fits() -> None:
    link = "https://cdn.example.com/v.mp4?a=1&b=2"
    assert f"({link})" in texts(
        result_message.render(generation(), "x.mp4", SERVER, smaller=SmallerCopy(original=link))
    )
    for original in (None, "https://cdn.example.com/" + "x" * 3500):
        view = result_message.render(
            generation(prompt="p" * 2000), "x.mp4", SERVER, smaller=SmallerCopy(original=original)
        )
        check_limits(view)
        assert "Shrunk to what this server takes." in texts(view)
        assert "https://" not in texts(view)
    assert "Shrunk" not in texts(result_message.render(generation(), "x.mp4", SERVER))


@pytest.mark.parametrize("link", [True, False])
def test_below_a_result_is_what_creators_do_with_it_then_delete_and_report_and_their_ids_find_their_way_back(
    link: bool,
) -> None:
    one = generation(id=RandomIds().new())
    view = (
        result_message.render_link(one, "https://a.b", SERVER) if link else result_message.render(one, "x.mp4", SERVER)
    )
    buttons = [part for part in parts(view) if part["type"] == BUTTON]
    assert [button["label"] for button in buttons] == ["Again", "Remix", "Continue", "Thread", "Delete", "Report"]
    for button, name in zip(buttons, ("again", "remix", "continue", "thread", "delete", "report"), strict=True):
        assert button["custom_id"] == f"{name}:{one.id}"
        assert component_ids.BUTTON.fullmatch(button["custom_id"])


@pytest.mark.parametrize("threads", Threads)
@pytest.mark.parametrize("inside", [True, False])
def test_a_thread_is_offered_where_there_can_be_one_and_the_server_wants_it(threads: Threads, inside: bool) -> None:
    one, settings = generation(parent_channel_id="4" if inside else None), replace(SERVER, threads=threads)
    for view in (
        result_message.render(one, "x.mp4", settings),
        result_message.render_link(one, "https://a.b", settings),
    ):
        labels = [part["label"] for part in parts(view) if part["type"] == BUTTON]
        assert ("Thread" in labels) == (threads is not Threads.NEVER and not inside)
        assert len(labels) >= 4


def test_a_result_mentions_its_author_only() -> None:
    one = generation(prompt="<@7>")
    for view in (result_message.render(one, "x.mp4", SERVER), result_message.render_link(one, "https://a.b", SERVER)):
        assert texts(view).count("<@") == 1
        assert "<@500000000000000000>" in texts(view)


def test_a_result_carries_its_prompt_and_no_id_and_its_number_from_the_second_version_on() -> None:
    for number, link in ((1, False), (2, False), (2, True)):
        one = generation(version=number, prompt="**a** cat @everyone " + "x" * 900)
        view = (
            result_message.render_link(one, "https://a.b", SERVER)
            if link
            else result_message.render(one, "x.mp4", SERVER)
        )
        said = texts(view)
        assert "\n> \\*\\*a\\*\\* cat \\@everyone xxx" in said
        assert said.count("x") < 310
        assert one.id not in said
        assert (" · v2" in said, " · v1" in said) == (number == 2, False)
    assert "\n> " not in texts(result_message.render(generation(prompt=""), "x.mp4", SERVER))
