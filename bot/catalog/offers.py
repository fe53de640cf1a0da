"""Offers: one model id as it can be ordered, what it lacks for a request, and the order it becomes.

The fields that only some models have (sound, seed, what to avoid, constants) are put at their places into
`Order.extra`; so a new model is a row of the models file, and needs no code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import cast

from bot.catalog.offer_row import OfferRow
from bot.catalog.places import FIXED_SOUND
from bot.domain.generation import Orientation
from bot.domain.provider import Extra, Format, Order
from bot.domain.quota.ledger import MICROS
from bot.domain.requests.pictures import PictureLimits
from bot.domain.requests.video_options import Lack, VideoOptions, nearest_shape

DEFAULT_SECONDS = 4  # where nothing is said: this, or the shortest above it
TEMPLATE_SHAPES = (Orientation.LANDSCAPE, Orientation.PORTRAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model id as it can be ordered.

    encoded: the id itself states orientation and length, so neither is sent. image, image_required, end_image: whether it
    accepts a first picture, needs one, and accepts a last one. shape_from_image: a video with a picture has the picture's
    shape, and none is sent. sizes: pixels by shape, sent in place of a ratio. sound: True where the id always makes sound,
    False where it never does; None where that is open. audio, seed, negative: the places of these fields, None where the
    model has no such field. extra: constants. prompt_max: characters. estimate: the price is estimated.
    """

    family: str
    model: str
    format: Format
    orientations: tuple[Orientation, ...]
    seconds: tuple[int, ...]
    micros_per_second: int
    encoded: bool = False
    image: bool = True
    resolution: str | None = None
    sizes: Mapping[Orientation, str] = field(default_factory=lambda: MappingProxyType(dict[Orientation, str]()))
    sunset: date | None = None
    image_required: bool = False
    end_image: bool = False
    shape_from_image: bool = False
    image_limits: PictureLimits | None = None
    sound: bool | None = None
    audio: str | None = None
    seed: str | None = None
    negative: str | None = None
    extra: Mapping[str, Extra] = field(default_factory=lambda: MappingProxyType(dict[str, Extra]()))
    prompt_max: int | None = None
    estimate: bool = False

    def lacks(self, options: VideoOptions) -> tuple[Lack, ...]:
        """What it cannot do of what is asked; empty where it fits. What is not said fits.

        A shape beside a picture that decides the shape is no lack: it is left out.
        """
        follows = self.shape_from_image and options.image
        wrong = {
            Lack.NO_IMAGE: self.image_required and not options.image,
            Lack.IMAGE: options.image and not self.image,
            Lack.END_IMAGE: options.end_image and not self.end_image,
            Lack.SHAPE: options.orientation not in (None, *self.orientations) and not follows,
            Lack.LENGTH: options.seconds not in (None, *self.seconds),
            Lack.SOUND_ON: options.sound is True and not self.audio and self.sound is not True,
            Lack.SOUND_OFF: options.sound is False and not self.audio and self.sound is not False,
            Lack.AVOID: bool(options.avoid) and self.negative is None,
            Lack.SEED: options.seed is not None and self.seed is None,
            Lack.PROMPT_LENGTH: self.prompt_max is not None and options.prompt_length > self.prompt_max,
        }
        return tuple(lack for lack, lacking in wrong.items() if lacking)

    def fits(self, options: VideoOptions) -> bool:
        """Whether it can make this."""
        return not self.lacks(options)

    def takes_shape(self, picture: tuple[int, int] | None) -> bool:
        """Whether a picture of so many pixels fits at some size. Nothing is known of None, which fits."""
        return picture is None or self.image_limits is None or self.image_limits.can_fit(*picture)

    def default_seconds(self) -> int:
        """The length where none is said: four seconds, or the shortest above that."""
        return min((length for length in self.seconds if length >= DEFAULT_SECONDS), default=max(self.seconds))

    def default_orientation(self, options: VideoOptions) -> Orientation:
        """The shape where none is said: that of the picture, else the first of the row."""
        if options.picture is None:
            return self.orientations[0]
        shapes = tuple(Orientation) if self.shape_from_image else self.orientations
        return nearest_shape(shapes, *options.picture)

    def size(self, orientation: Orientation) -> str | None:
        """Pixels as "1280x720", where they are sent in place of a ratio."""
        return self.sizes.get(orientation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A request with the offer that makes it. options: as asked, with the orientation and length that were chosen."""

    offer: Offer
    options: VideoOptions
    orientation: Orientation
    seconds: int

    @classmethod
    def of(cls, offer: Offer, options: VideoOptions) -> "Choice":
        """The choice of an offer that fits, with its own shape and length where none is said."""
        shape = options.orientation or offer.default_orientation(options)
        length = offer.default_seconds() if options.seconds is None else options.seconds
        return cls(
            offer=offer,
            options=replace(options, orientation=shape, seconds=length),
            orientation=shape,
            seconds=length,
        )

    @property
    def price_micros(self) -> int:
        """Micro-dollars for the whole clip."""
        return self.seconds * self.offer.micros_per_second

    @property
    def shape_from_image(self) -> bool:
        """Whether the video takes the shape of its picture, whatever the orientation."""
        return self.offer.shape_from_image and self.options.image

    def order(
        self,
        prompt: str,
        *,
        image_url: str | None = None,
        image_file: Path | None = None,
        end_image_url: str | None = None,
    ) -> Order:
        """The order to send: the fields of the offer's own format, without those that the model id states already.

        image_file: a PNG of exactly the offer's size.
        """
        offer = self.offer
        openai = offer.format is Format.OPENAI
        shaped = not offer.encoded and not self.shape_from_image
        return Order(
            format=offer.format,
            model=offer.model,
            prompt=prompt,
            seconds=None if offer.encoded else self.seconds,
            ratio=self.orientation.ratio if shaped and not offer.sizes else None,
            resolution=offer.resolution,
            size=offer.size(self.orientation) if shaped else None,
            image_url=None if openai else image_url,
            image_file=image_file if openai else None,
            image_type="image/png" if openai and image_file else None,
            end_image_url=end_image_url,
            extra=self._extra(),
        )

    def _extra(self) -> Mapping[str, Extra]:
        """The constants of the row, and what is asked at the places of the row."""
        offer, options = self.offer, self.options
        body = _copy(offer.extra)
        for place, value in (
            (offer.audio, options.sound),
            (offer.seed, options.seed),
            (offer.negative, options.avoid or None),
        ):
            if place is not None and value is not None:
                _put(body, place, value)
        return body


def _copy(fields: Mapping[str, Extra]) -> dict[str, Extra]:
    return {name: _copy(value) if isinstance(value, Mapping) else value for name, value in fields.items()}


def _put(body: dict[str, Extra], place: str, value: Extra) -> None:
    """Set the field at a place, as "extra_body.seed"."""
    *above, name = place.split(".")
    for part in above:
        body = cast("dict[str, Extra]", body.setdefault(part, dict[str, Extra]()))
    body[name] = value


def offers_of(family: str, row: OfferRow) -> list[Offer]:
    """The offers of a row of the file: a template becomes one offer for each id it stands for."""
    if not row.enabled:
        return []
    shapes = row.ratios or tuple(row.sizes) or TEMPLATE_SHAPES
    ids: list[tuple[str, tuple[Orientation, ...], tuple[int, ...]]] = [(row.model, shapes, row.seconds)]
    if row.template:
        ids = [
            (row.model.format(orientation=orientation, seconds=seconds), (orientation,), (seconds,))
            for orientation in TEMPLATE_SHAPES
            for seconds in row.seconds
        ]
    return [
        Offer(
            family=family,
            model=model,
            format=row.format,
            orientations=orientations,
            seconds=seconds,
            micros_per_second=round(row.usd_per_second * MICROS),
            encoded=row.template,
            image=bool(row.image),
            resolution=row.resolution,
            sizes=MappingProxyType(dict(row.sizes)),
            sunset=row.sunset,
            image_required=row.image == "required",
            end_image=row.end_image,
            shape_from_image=row.shape_from_image,
            image_limits=row.image_limits,
            sound={"always": True, "never": False}.get(row.audio or ""),
            audio=None if row.audio in FIXED_SOUND else row.audio,
            seed=row.seed,
            negative=row.negative,
            extra=MappingProxyType(row.extra),
            prompt_max=row.prompt_max,
            estimate=row.estimate,
        )
        for model, orientations, seconds in ids
    ]
