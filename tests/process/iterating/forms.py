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


def as_it_was(form: Invocation) -> None:
    """Turn an open form into one from before the model was one of its fields: the picture has a field of its own."""
    assert form.first is not None
    parts = [part for part in form.first.data["components"] if part["component"]["custom_id"] != "model"]
    [shapes] = [part["component"] for part in parts if part["component"]["custom_id"] == "orientation"]
    shapes["options"] = [option for option in shapes["options"] if ":" not in option["value"]]
    options = [{"label": value, "value": value, "default": value == "keep"} for value in ("keep", "none")]
    picture = {"type": 3, "custom_id": "reference", "options": options, "required": True}
    form.first.data["components"] = [*parts, {"type": 18, "label": "With or without", "component": picture}]


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
