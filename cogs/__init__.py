"""What people see in Discord: slash commands, buttons and wording. No SQL, no HTTP. The bot loads each cog by name."""

EXTENSIONS = (
    "cogs.errors",
    "cogs.sora",
    "cogs.usage",
    "cogs.quota",
    "cogs.config",
    "cogs.results",
    "cogs.privacy",
    "cogs.help",
)
