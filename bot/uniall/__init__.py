"""An async client of the UniAll video API that can be used on its own: see `bot.uniall.client`."""

from bot.uniall.client import UniAll

__all__ = ["UniAll"]
