"""Switches off a model that UniAll keeps refusing, and tells the operator.

A model is switched on again by the key's next list that contains it. One refused job is not enough: it takes several in
a row, or several members. A proxy's page says nothing about a model.
"""

from collections import Counter

from bot.domain.generation import Generation
from bot.domain.provider import Fault, Refused
from bot.runtime.context import ServiceContext
from bot.runtime.shared_facts import refuse_model

ENOUGH = 3  # answers "no channel for this model", or members with a 403, before the model is switched off


class ModelRefusals:
    """Counts refusals by model, in this process."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unavailable: Counter[str] = Counter()  # answers "no channel" in a row
        self._forbidden: dict[
            str, set[str]
        ] = {}  # the members whose jobs got a 403 since a job for the model was last accepted

    def accepted(self, model: str) -> None:
        """Reset the counts of a model after one of its jobs was accepted."""
        self._unavailable.pop(model, None)
        self._forbidden.pop(model, None)

    def no_channel(self, model: str) -> bool:
        """Count an answer "no channel". Return whether there were enough, so that the model is off."""
        self._unavailable[model] += 1
        if self._unavailable[model] < ENOUGH:
            return False
        del self._unavailable[model]
        refuse_model(self._context, model)
        text = f"UniAll has no channel for {model}: it is switched off for now."
        self._tell(f"model {model}", text)
        return True

    def refused(self, generation: Generation, refused: Refused) -> None:
        """Count a final refusal. Many refusals of one member's jobs may be caused by the text of their prompts."""
        model = generation.model
        if refused.fault not in (Fault.MODEL_UNAVAILABLE, Fault.FORBIDDEN):
            return
        if not refused.coded:
            self._tell(
                f"page {refused.fault}",
                f"A job for {model} was refused by a page that is not UniAll's own answer; the member got everything back."
                " Something between the bot and UniAll may be filtering prompts.",
            )
        elif refused.fault is Fault.MODEL_UNAVAILABLE:
            refuse_model(self._context, model)
            self._tell(f"no {model}", f"UniAll does not have {model}: it is switched off for now.")
        else:
            self._forbid(model, generation.member_id)

    def _forbid(self, model: str, member_id: str) -> None:
        members = self._forbidden.setdefault(model, set())
        members.add(member_id)
        if len(members) < ENOUGH:
            text = f"UniAll has refused a job for {model} with 403; the member got everything back."
            self._tell(f"forbidden {model}", text)
            return
        del self._forbidden[model]
        refuse_model(self._context, model)
        self._tell(f"off {model}", f"UniAll does not allow {model} to UNIALL_API_KEY: it is switched off for now.")

    def _tell(self, cause: str, text: str) -> None:
        self._context.alerts.tell(cause, text)
