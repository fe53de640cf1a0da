"""The sandbox: a local Discord page and a UniAll stand-in that renders small clips. Nothing in `bot` or `cogs` knows of it."""
