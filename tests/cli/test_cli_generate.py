"""`sora-bot generate`: one video to a file, or one line that says why not and what it cost."""

import asyncio
import io
from pathlib import Path

import av
import pytest
from PIL import Image

from sandbox import render
from sandbox.uniall import Submit, UniAllStandIn
from tests.cli.conftest import KEY, TOKEN, WRONG, Ran, Runner, nowhere, together

PICTURE = io.BytesIO()
Image.new("RGB", (300, 500), "teal").save(PICTURE, "PNG")


async def everything(folder: Path) -> tuple[dict[str, Ran], list[Submit]]:
    run = Runner(folder)
    async with UniAllStandIn(keys=(KEY,), seconds=0.2) as uniall:
        known = {
            "UNIALL_API_KEY": KEY,
            "UNIALL_BASE_URL": uniall.base_url,
            "ALLOW_LOCAL_MEDIA": "true",
            "POLL_MIN_SECONDS": "0.1",
            "POLL_MAX_SECONDS": "0.2",
        }
        picture = {"cat.png": PICTURE.getvalue(), "cat.txt": b"a cat"}
        ran = await together(
            {
                "plain": run(known, "generate", "a cat", forked=False),
                "asked": run(
                    known,
                    *("generate", "a dog", "--orientation", "portrait", "--duration", "8", "--model", "sora 2"),
                    *("--out", "dog.mp4"),
                ),
                "file": run(known, "generate", "a red cat", "--model", "sora-2", "--image", "cat.png", files=picture),
                **{
                    marker: run(known, "generate", f"a cat {marker}")
                    for marker in ("[fail]", "[blocked]", "[refused]", "[cut]", "[junk]")
                },
                "blank": run(known, "generate", " \u200b\t "),
                "image for an address": run(known, "generate", "x", "--image", "cat.png", files=picture),
                "no image": run(known, "generate", "x", "--model", "sora-2", "--image", "cat.txt", files=picture),
                "no folder": run(known, "generate", "x", "--out", "none/cat.mp4"),
                "unknown": run(known, "generate", "x", "--model", "sora3"),
                "no fit": run(known, "generate", "x", "--model", "sora2-portrait-8s", "--duration", "4"),
                "catalogue": run(known | {"MODELS_FILE": "m.toml"}, "generate", "x", files={"m.toml": b"family = ["}),
                "wrong key": run(known | {"UNIALL_API_KEY": WRONG}, "generate", "x"),
                "unreachable": run(known | {"UNIALL_BASE_URL": nowhere()}, "generate", "x"),
                "no key": run({"DISCORD_TOKEN": TOKEN, "MAX_IN_FLIGHT": "0"}, "generate", "x"),
            }
        )
        return ran, list(uniall.submits)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Ran], list[Submit]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "FPS", 2)  # the clips are as long as was asked for, and rendered in a sixth of the time
        return asyncio.run(everything(tmp_path_factory.mktemp("generate")))


@pytest.fixture(scope="module")
def ran(outcome: tuple[dict[str, Ran], list[Submit]]) -> dict[str, Ran]:
    return outcome[0]


@pytest.fixture(scope="module")
def submits(outcome: tuple[dict[str, Ran], list[Submit]]) -> list[Submit]:
    return outcome[1]


def video(ran: Ran) -> tuple[float, int, int]:
    """Seconds, width and height of the file whose path was printed."""
    path = ran.folder / ran.out.strip()
    assert ran.out == f"{path.name}\n"
    with av.open(path) as opened:
        picture = opened.streams.video[0]
        return round((opened.duration or 0) / 1_000_000, 1), picture.width, picture.height


def test_it_writes_the_video_and_prints_its_path_alone(ran: dict[str, Ran]) -> None:
    assert ran["plain"].code == 0, ran["plain"].err
    assert video(ran["plain"]) == (4, 640, 360)
    assert ran["plain"].out.startswith("gen_")
    assert "sora2-landscape-4s, landscape, 4 s, $0.272" in ran["plain"].err


def test_it_makes_what_was_asked_for_where_it_was_asked_for(ran: dict[str, Ran], submits: list[Submit]) -> None:
    assert ran["asked"].code == 0, ran["asked"].err
    assert ran["asked"].out == "dog.mp4\n"
    assert video(ran["asked"]) == (8, 360, 640)
    [sent] = [submit for submit in submits if submit.fields["prompt"] == "a dog"]
    assert sent.fields == {"model": "sora2-portrait-8s", "prompt": "a dog"}


def test_a_file_goes_to_an_openai_model_in_exactly_its_pixels(ran: dict[str, Ran], submits: list[Submit]) -> None:
    assert ran["file"].code == 0, ran["file"].err
    assert video(ran["file"])[0] == 4
    [sent] = [submit for submit in submits if submit.fields["prompt"] == "a red cat"]
    assert (sent.format, sent.fields["model"]) == ("openai", "sora-2")
    with Image.open(io.BytesIO(sent.image or b"")) as image:
        assert (image.format, image.size) == ("PNG", (1280, 720))


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("[fail]", "upstream_failed"),
        ("[blocked]", "content_blocked"),
        ("[refused]", "UniAll refused: bad_request"),
        ("[cut]", "may have been billed"),
        ("[junk]", "result_unusable"),
    ],
)
def test_a_job_without_a_video_fails_with_its_reason(ran: dict[str, Ran], marker: str, reason: str) -> None:
    assert (ran[marker].code, ran[marker].out) == (1, "")
    assert reason in ran[marker].reason
    assert not list(ran[marker].folder.glob("*.mp4*"))


@pytest.mark.parametrize("marker", ["a cat", "[fail]", "[blocked]", "[refused]", "[cut]", "[junk]"])
def test_every_prompt_is_sent_once(submits: list[Submit], marker: str) -> None:
    assert len([submit for submit in submits if submit.fields["prompt"].removeprefix("a cat ") == marker]) == 1


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("blank", "the prompt is empty"),
        ("image for an address", "takes the public address of an image, not a file; or use --model sora-2"),
        ("no image", "cat.txt cannot be used (image_not_an_image)"),
        ("no folder", "none/cat.mp4 cannot be written"),
        ("unknown", "(model_unknown). Sora 2, Happy-Horse 720p"),
        ("no fit", "(no_fit). What does not fit: length. It makes sora2-portrait-8s: portrait, 8 s"),
        ("catalogue", "m.toml, line 1: "),
        ("wrong key", "does not accept UNIALL_API_KEY"),
        ("unreachable", "UniAll could not be reached, nothing was billed"),
    ],
)
def test_what_cannot_be_sent_fails_with_its_reason(ran: dict[str, Ran], case: str, reason: str) -> None:
    assert (ran[case].code, ran[case].out) == ({"wrong key": 78, "catalogue": 2}.get(case, 1), "")
    assert reason in ran[case].reason


def test_what_cannot_be_sent_was_not_sent(submits: list[Submit]) -> None:
    assert not [submit for submit in submits if submit.fields["prompt"].strip() in ("", "x")]


def test_wrong_settings_are_told_apart_from_failures(ran: dict[str, Ran]) -> None:
    assert (ran["no key"].code, ran["no key"].out) == (2, "")
    assert ran["no key"].reason.startswith("sora-bot: UNIALL_API_KEY must be set")
    assert "; MAX_IN_FLIGHT " in ran["no key"].reason
    assert len(ran["no key"].err.splitlines()) == 1
