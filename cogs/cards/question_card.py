"""The question before a dear video, or before the last that a limit allows: its price, and Make it and Cancel."""

import discord
from discord import ui

from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.questions import OPEN_FOR, Question, QuestionState
from cogs._ui import text
from cogs._ui.buttons import buttons
from cogs._ui.refusal_texts import sentence
from cogs._ui.replies import card
from cogs._ui.wording import in_language, words

PROMPT_SHOWN = 600


def render(question: Question, asks: PriceQuestion) -> ui.LayoutView:
    """Return an open question, in the current language: that of its author."""
    say = words()
    price = text.price(say, asks.price, estimate=asks.estimate)
    lines = [
        say("question-title", family=text.safe(asks.family, 80), seconds=asks.seconds, price=price),
        f"> {text.safe(asks.prompt, PROMPT_SHOWN)}",
        sentence(Refusal(asks)),
        say("question-until", when=text.relative(question.asked_at + OPEN_FOR)),
    ]
    return card("\n".join(lines), buttons(question.id, "question-make", "question-cancel"))


def closed(question: Question) -> ui.LayoutView:
    """Return a question that can no longer be answered, in the language of its author."""
    with in_language(question.locale):
        return ended(question.state)


def ended(state: QuestionState) -> ui.LayoutView:
    """Return what became of a question, without buttons, in the current language."""
    return card(words()(f"question-{state}"), colour=discord.Colour.dark_grey())
