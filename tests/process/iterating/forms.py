"""Presses and open forms: what their fields hold, what a refusal says, and what UniAll was asked for."""

from tests.process.conftest import Studio
from tests.standins.discord import Invocation, Message, Person


async def pressed(person: Person, message: Message, label: str) -> Invocation:
    """A press that has been answered."""
    invocation = person.press(message, label)
    await invocation.answer()
    return invocation


def fields(form: Invocation) -> dict[str, dict[str, object]]:
    """The fields of an open form by their ids."""
    assert form.first is not None
    assert form.first.type == 9, form.first
    return {part["component"]["custom_id"]: part["component"] for part in form.first.data["components"]}


def filled(form: Invocation) -> dict[str, str]:
    """What the fields of an open form hold."""
    found: dict[str, str] = {}
    for name, part in fields(form).items():
        options: list[dict[str, object]] = part.get("options") or []  # type: ignore[assignment]
        chosen = [str(option["value"]) for option in options if option.get("default")]
        found[name] = chosen[0] if chosen else str(part.get("value") or "")
    return found


async def refusal(invocation: Invocation) -> Message:
    """What only the member sees, at once or after the bot has taken its time."""
    answer = await invocation.first_answer()
    refused = await (invocation.followup() if answer.deferred else invocation.message())
    assert refused.viewer_id == invocation.user.id
    return refused


def sent(studio: Studio, prompt: str) -> list[dict[str, object]]:
    """What UniAll was asked for with this prompt, without the addresses of images."""
    jobs = [job for job in studio.uniall.jobs.values() if job.prompt == prompt]
    return [{key: value for key, value in job.fields.items() if key != "image_url"} for job in jobs]
