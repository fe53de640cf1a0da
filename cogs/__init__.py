"""What people see in Discord: slash commands, buttons and wording. No SQL, no HTTP. The bot loads each cog by name."""

EXTENSIONS = (
    "cogs.translator",
    "cogs.errors",
    "cogs.sora",
    "cogs.versions",
    "cogs.replies",
    "cogs.threads",
    "cogs.animate",
    "cogs.history",
    "cogs.usage",
    "cogs.quota",
    "cogs.config",
    "cogs.results",
    "cogs.privacy",
    "cogs.help",
)
