"""Fails a job: stores the end, gives the quota back, then informs, in this order, for all workers."""

from dataclasses import dataclass

from bot.domain.generation import Generation
from bot.domain.queue.claims import Claim, Work
from bot.domain.quota.ledger import Resolution
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.runtime.server_log import announce_failed
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ends without a video. fault: a `jobs.Fault` or `generation.Reason`; detail: UniAll's words.

    billed: UniAll may have billed it, so the amount stays counted against the operator's budget; the member gets
    everything back either way. alert: the text for the operator, under `fault` and the job's id.
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
    """Store the end and give the quota back in one transaction, then update the card, the server's log and the
    operator.

    claim: None only for a job in doubt. until_stored: wait while the database is unavailable, if nothing would fail
    this job a second time; otherwise the job is handled again later. Raises LostLease, StoreUnavailable; then nothing
    has happened. A crash after the transaction leaves a card and a notice for the
    author that are due, and no message in the log channel.
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
    context.wake_signals.send(Work.CARD, Work.TELL, Work.SUBMIT)
