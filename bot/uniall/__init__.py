"""An async client of the UniAll video API, usable alone: see `bot.uniall.client`."""

from bot.uniall.client import UniAll

__all__ = ["UniAll"]
