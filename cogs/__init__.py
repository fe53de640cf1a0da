"""What people see in Discord: slash commands, buttons and wording. No SQL, no HTTP. The bot loads each cog by name."""

EXTENSIONS = (
    "cogs._ui.command_names",
    "cogs._ui.errors",
    "cogs.sora",
    "cogs.iteration.versions",
    "cogs.iteration.replies",
    "cogs.iteration.threads",
    "cogs.iteration.animate",
    "cogs.iteration.history",
    "cogs.usage",
    "cogs.moderation.quota",
    "cogs.moderation.config",
    "cogs.moderation.results",
    "cogs.privacy",
    "cogs.help",
)
