"""Reads UniAll's answers: pure functions from foreign JSON to the types of `bot.domain.provider`."""
