"""The bot without an account: a local Discord page, and a local stand-in for UniAll."""
