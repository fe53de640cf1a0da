"""What an answer of UniAll says: foreign JSON in, the vocabulary of `bot.domain.jobs` out. Pure functions."""
