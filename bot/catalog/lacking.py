"""The refusals where no offer fits: what the models make, what they lack, and who has it."""

from collections.abc import Sequence

from bot.catalog.offers import Offer
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import Lacking, ModelOption, NamedPrice, NoFit, NothingFits
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.video_options import Lack, VideoOptions


def no_fit(model: str, offers: Sequence[Offer], options: VideoOptions, others: Sequence[NamedPrice]) -> Refusal:
    """The refusal that says what a model makes, what it lacks, and who has all of it (others)."""
    lacks = min((offer.lacks(options) for offer in offers), key=len)
    made = tuple(
        ModelOption(model=offer.model, orientations=offer.orientations, seconds=offer.seconds, image=offer.image)
        for offer in offers
    )
    return Refusal(NoFit(model=model, options=made, image=options.image, lacks=lacks, others=tuple(others)))


def nothing_fits(here: Sequence[Offer], options: VideoOptions, prices: Sequence[NamedPrice]) -> Refusal:
    """The refusal where no model makes all of it: for each thing that some model lacks, the models that have it.

    here: the offers that may be ordered in this server, prices: those of their families.
    """
    if not here:
        return Refusal(RefusalCode.NO_MODELS)
    # What only works from a picture is no answer for who has none, and not what they asked about.
    offers = [offer for offer in here if options.image or not offer.image_required] or here
    lacking = [(offer, offer.lacks(options)) for offer in offers]
    able = {
        lack: tuple(dict.fromkeys(offer.family for offer, lacks in lacking if lack not in lacks))
        for lack in Lack
        if any(lack in lacks for _, lacks in lacking)
    }
    made = {length for offer in offers for length in offer.seconds}
    near = [max((one for one in made if one < (options.seconds or 0)), default=0)]
    near += [min((one for one in made if one > (options.seconds or 0)), default=0)]
    return Refusal(
        NothingFits(
            options=options,
            lacking=tuple(Lacking(lack=lack, able=names) for lack, names in able.items()),
            lengths=tuple(one for one in near if one) if able.get(Lack.LENGTH) == () else (),
            prices=tuple(prices),
        )
    )
