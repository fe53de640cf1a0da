"""`/video`: any model, chosen by what is asked; what is suggested while it is typed, and the prices that hold."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.catalog.catalog import Catalog
from tests.process.conftest import Room, Studio, image, picture, said, studio_in
from tests.standins.discord import Invocation, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite", "postgresql")

ALL = tuple({offer.model: None for offer in Catalog.read().offers})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A bot whose key has every model of the shipped catalogue."""
    async with studio_in(tmp_path_factory.mktemp("video")) as made:
        made.uniall.models = ALL
        await made.start()
        yield made


async def refused(invocation: Invocation) -> str:
    """What only the member is told."""
    answer = await invocation.answer()
    assert answer.ephemeral, answer
    return answer.text


async def offered(person: Person, focused: str, /, **given: object) -> dict[str, object]:
    """What is suggested for an option of `/video`, by the name that is shown."""
    answer = await person.autocomplete("video", focused, **given).answer()
    assert answer.type == 8
    return {str(choice["name"]): choice["value"] for choice in answer.choices}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"model": "sora2-landscape-4s"}),
        ({"seconds": 20, "shape": "portrait"}, {"model": "sora2", "duration": 20, "aspect_ratio": "9:16"}),
        ({"shape": "square"}, {"model": "happy-horse-720p", "duration": 4, "aspect_ratio": "1:1"}),
        ({"seed": 7, "seconds": 3}, {"model": "happy-horse-720p", "duration": 3, "seed": 7}),
        (
            {"avoid": " rain ", "seed": 7},
            {
                "model": "wan2.6-video-720p",
                "duration": 5,
                "size": "1280*720",
                "extra_body": {"seed": 7, "negative_prompt": "rain"},
            },
        ),
        ({"sound": "off"}, {"model": "kling-v3-std-silent", "duration": 4, "aspect_ratio": "16:9"}),
        ({"model": "Kling 3 Pro", "seconds": 15}, {"model": "kling-v3-pro-audio", "duration": 15}),
        ({"model": "viduq3t-720p", "sound": "on"}, {"model": "viduq3t-720p", "extra_body": {"audio": True}}),
    ],
    ids=["nothing", "long", "square", "seed", "avoid", "silent", "family", "raw id"],
)
async def test_the_first_model_that_can_do_all_that_is_asked_makes_it(
    shared: Studio, room: Room, given: dict[str, object], fields: dict[str, object]
) -> None:
    prompt = f"with {given}"
    card = await room.person().slash("video", prompt=prompt, **given).message()
    await room.result(card)
    sent = shared.uniall.job(prompt).fields
    assert {name: sent.get(name) for name in fields} == fields
    assert ("sound" in sent, "seconds" in sent, "avoid" in sent) == (False, False, False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "Wan 2.6 720p", "seconds": 8}, ["What does not fit: 8 s.", "5, 10 or 15 s", "Happy-Horse 720p"]),
        ({"model": "Kling 3 Std", "seed": 1}, ["What does not fit: seed 1.", "These can: Happy-Horse 720p"]),
        (
            {"model": "Sora 2", "shape": "square"},
            ["What does not fit: Square.", "Happy-Horse 720p ($0.0952 a second)", "Kling 3 Std (about $0.126"],
        ),
        ({"model": "Happy-Horse 720p", "sound": "off"}, ["no sound", "Kling 3 Std"]),
        ({"model": "Wan 2.6 Flash 720p"}, ["no picture"]),
        ({"seconds": 19, "seed": 3}, ["No model can do all of that", "19 s: none", "seed 3: Happy-Horse 720p"]),
        ({"end_image": image()}, ["An end picture needs a picture"]),
        ({"model": "nonsense"}, ["There is no model “nonsense”", "Kling 3 Std"]),
        ({"seconds": "eight"}, ["“eight” is not a length"]),
        ({"seconds": 0}, ["“0” is not a length"]),
        ({"shape": "round"}, ["“round” is not a shape"]),
        ({"sound": "loud"}, ["“loud” is not one of the choices"]),
    ],
    ids=["length", "seed", "shape", "sound", "picture", "nothing", "end", "unknown", "word", "zero", "round", "loud"],
)
async def test_what_no_model_or_not_this_one_can_do_is_refused_with_those_that_can(
    shared: Studio, room: Room, given: dict[str, object], words: list[str]
) -> None:
    mia = room.person()
    text = await refused(mia.slash("video", prompt="refused", **given))
    assert all(word in text for word in words), text
    assert shared.spent(mia) == (0, 0)


async def test_models_are_suggested_with_the_price_of_a_second_and_ids_once_typed(room: Room) -> None:
    mia = room.person()
    everything = await offered(mia, "model", prompt="x", model="")
    assert list(everything)[:2] == ["Sora 2 · $0.068 a second", "Happy-Horse 720p · $0.0952 a second"]
    assert "Kling 3 Std · about $0.084–$0.126 a second" in everything
    assert list(everything.values()) == Catalog.read().families()
    typed = await offered(mia, "model", prompt="x", model="KLING")
    assert list(typed.values())[:2] == ["Kling 3 Std", "Kling 3 Pro"]
    assert typed["kling-v3-std-silent · about $0.084 a second"] == "kling-v3-std-silent"
    sora = await mia.autocomplete("sora", "model", prompt="x", model="KLING").answer()
    assert typed == {choice["name"]: choice["value"] for choice in sora.choices}
    again = await offered(mia, "model", prompt="x", model="Kling 3 Std · about $0.084–$0.126 a second")
    assert list(again.values()) == ["Kling 3 Std"]


async def test_lengths_are_suggested_with_the_price_of_each(room: Room) -> None:
    mia = room.person()
    assert await offered(mia, "seconds", prompt="x", model="Sora 2", seconds="") == {
        "4 s · $0.272": 4,
        "8 s · $0.544": 8,
        "12 s · $0.816": 12,
        "16 s · $1.088": 16,
        "20 s · $1.36": 20,
    }
    silent = await offered(mia, "seconds", prompt="x", model="kling 3 std", sound="off", seconds="1")
    assert silent["10 s · about $0.84"] == 10
    assert set(silent.values()) == {10, 11, 12, 13, 14, 15}
    chosen = await offered(mia, "seconds", prompt="x", seconds="")
    assert chosen["8 s · $0.544 · Sora 2"] == 8
    assert chosen["5 s · $0.476 · Happy-Horse 720p"] == 5
    assert chosen["1 s · about $0.06 · Vidu Q3 Turbo 720p"] == 1
    square = await offered(mia, "seconds", prompt="x", shape="square", avoid="rain", seconds="4")
    assert square == {"4 s · about $0.504 · Kling 3 Std": 4}
    flash = await offered(mia, "seconds", prompt="x", model="Wan 2.6 Flash 720p", seconds="5")
    assert flash == {"5 s · about $0.25": 5}


@pytest.mark.parametrize(
    "given",
    [
        {"seconds": "eight"},
        {"seconds": "9" * 400},
        {"seconds": -3.5, "seed": "x", "shape": "round", "sound": 7},
        {"seconds": None, "model": "no such model"},
        {"seconds": "", "image": image(), "end_image": image(), "avoid": "x" * 2000},
    ],
    ids=["word", "digits", "odd", "none", "pictures"],
)
async def test_odd_words_while_typing_are_no_error(shared: Studio, room: Room, given: dict[str, object]) -> None:
    mia = room.person()
    await offered(mia, "seconds", prompt="x", **given)
    for model in ("\\", "·", "x" * 2000, 7, None):
        await offered(mia, "model", prompt="x", model=model)
    assert "Ignoring exception" not in shared.bot.output()


async def test_a_video_never_costs_more_than_what_was_suggested(shared: Studio, room: Room) -> None:
    mia = room.person()
    asked: list[dict[str, object]] = [
        {"model": "Kling 3 Std", "sound": "off"},
        {"model": "Kling 3 Std"},
        {"shape": "4:3", "seed": 5},
        {"image": image(picture(720, 1280))},
    ]
    for number, given in enumerate(asked):
        shown = await offered(mia, "seconds", prompt=f"price {number}", **given, seconds="9")
        [(name, seconds)] = shown.items()
        card = await mia.slash("video", prompt=f"price {number}", **given, seconds=seconds).message()
        price = name.split(" · ")[1]
        assert f" · {price}**\n" in said(card), name
        await room.result(card)


async def test_in_chinese_it_is_suggested_in_chinese(room: Room) -> None:
    mia = room.person()
    mia.locale = "zh-CN"
    assert "Kling 3 Std · 每秒约 $0.084–$0.126" in await offered(mia, "model", prompt="x", model="std")
    assert await offered(mia, "seconds", prompt="x", model="Kling 3 Std", seconds="8") == {"8 秒 · 约 $1.008": 8}


@pytest.mark.every_engine
async def test_only_what_the_server_allows_is_suggested_and_chosen(shared: Studio) -> None:
    shared.move()
    room = shared.room()
    mia, moderator = room.person(), shared.moderator(room.channel)
    for allowed in ("Wan 2.6 720p", "Grok Imagine"):
        await moderator.slash("config models", allow=allowed).message()
    await moderator.slash("config limits", longest=10, dearest=0.7).message()
    names = await offered(mia, "model", prompt="x", model="")
    assert list(names.values()) == ["Wan 2.6 720p", "Grok Imagine"]
    lengths = await offered(mia, "seconds", prompt="x", seconds="")
    assert list(lengths) == [
        "5 s · about $0.50 · Wan 2.6 720p",
        "6 s · about $0.42 · Grok Imagine",
        "10 s · about $0.70 · Grok Imagine",
    ]
    named = await offered(mia, "seconds", prompt="x", model="Wan 2.6 720p", seconds="")
    assert named == {"5 s · about $0.50": 5}
    assert await offered(mia, "seconds", prompt="x", model="Kling 3 Std", seconds="") == {}
    card = await mia.slash("video", prompt="ten", seconds=10).message()
    assert "Grok Imagine" in said(card)
    text = await refused(mia.slash("video", prompt="dear", model="Wan 2.6 720p", seconds=10))
    assert "would cost about $1.00" in text
    await room.result(card)


async def test_a_row_that_nobody_has_seen_is_suggested_and_made(tmp_path: Path) -> None:
    row = """
[[family]]
name = "Tomorrow"
[[family.offer]]
model = "tomorrow-1"
format = "media"
seconds = { from = 2, to = 60 }
usd_per_second = 0.0333
estimate = true
image = false
ratios = ["3:4"]
audio = "deep.er.sound"
"""
    file = tmp_path / "models.toml"
    file.write_text(row, "utf-8")
    async with studio_in(tmp_path, MODELS_FILE=str(file)) as studio:
        studio.uniall.models = ("tomorrow-1",)
        await studio.start()
        room = studio.room()
        mia = room.person()
        names = await offered(mia, "model", prompt="x", model="")
        assert names == {"Tomorrow · about $0.0333 a second": "Tomorrow"}
        lengths = await offered(mia, "seconds", prompt="x", seconds="")
        assert (len(lengths), next(iter(lengths))) == (25, "2 s · about $0.0666 · Tomorrow")
        card = await mia.slash("video", prompt="new", seconds=60, sound="on").message()
        await room.result(card)
        fields = {"model": "tomorrow-1", "prompt": "new", "duration": 60, "aspect_ratio": "3:4"}
        assert studio.uniall.job("new").fields == {**fields, "deep": {"er": {"sound": True}}}


async def test_an_estimated_price_is_about_wherever_it_is_shown(shared: Studio) -> None:
    shared.move()
    room = shared.room()
    mia, moderator = room.person(), shared.moderator(room.channel)
    await moderator.slash("quota set", limit=0.5, unit="usd", per="day").message()
    card = await mia.slash("video", prompt="estimated", model="Grok Imagine").message()
    assert "about $0.42" in said(card)
    await room.result(card)
    await shared.wait_card(card, "Done")
    assert "about $0.42 used" in (await mia.slash("usage").answer()).text
    assert "about $0.42" in (await mia.slash("history").answer()).text
    text = await refused(mia.slash("video", prompt="too much", model="Grok Imagine"))
    assert "about $0.42 used, $0.00 held by running jobs, this video needs about $0.42" in text
    report = await moderator.slash("quota report").message()
    assert "1 video made for about $0.42, 0 running for $0.00" in said(report)
    [file] = (await moderator.slash("quota export").message()).attachments
    [row] = csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"), newline=""))
    assert (row["model"], row["used_usd"], row["estimate"]) == ("Grok Imagine", "0.420000", "yes")
