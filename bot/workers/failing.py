"""How a worker fails a job: stored, given back, and told, in that order, for all of them once."""

from dataclasses import dataclass

from bot.domain.claims import Claim, Work
from bot.domain.generation import Generation
from bot.domain.ledger import Resolution
from bot.runtime.context import ServiceContext
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.runtime.persist import persist
from bot.runtime.server_log import announce_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ends without a video. fault: a `jobs.Fault` or `generation.Reason`; detail: UniAll's words.

    billed: UniAll may have billed it, so that the amount stays counted against the operator's budget; the member gets
    everything back either way. alert: what the operator is told of it, under `fault` and the job's id.
    """

    fault: str
    detail: str = ""
    billed: bool = False
    alert: str | None = None


async def fail_job(
    context: ServiceContext,
    generation: Generation,
    claim: Claim | None,
    failure: Failure,
    *,
    failpoint: Failpoint | None = None,
    until_stored: bool = False,
) -> None:
    """Store the end and give the quota back in one transaction, then tell the card, the server's log and the operator.

    claim: None only for a job in doubt. until_stored: wait for a database that cannot be had, as where nobody would come to
    this end a second time; without it the job is looked at again later. Raises LostLease, StoreUnavailable; then nothing
    has happened. A crash after the transaction leaves a card that is due and a log channel that is not told.
    """
    fault, now = str(failure.fault), context.clock.now()
    resolution = Resolution.BILLED if failure.billed else Resolution.VOID

    async def store() -> None:
        await context.store.fail(
            generation.id, claim, fault=fault, detail=failure.detail, resolution=resolution, now=now
        )

    await (persist(store) if until_stored else store())
    if failpoint is not None:
        reach(failpoint)
    log.info("failed", generation=generation.id, fault=fault)
    announce_failed(context, generation, fault)
    if failure.alert is not None:
        context.alerts.tell(f"{fault} {generation.id}", failure.alert)
    context.wake_signals.send(Work.CARD, Work.SUBMIT)
