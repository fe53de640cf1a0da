"""What the bot shows on Discord: cards, results, notices, and where they are."""
