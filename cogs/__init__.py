"""What people see in Discord: slash commands, buttons and their wording, with no SQL and no HTTP.

The bot loads each extension by name.
"""

EXTENSIONS = (
    "cogs._ui.command_names",
    "cogs._ui.errors",
    "cogs.sora",
    "cogs.video",
    "cogs.defaults",
    "cogs.style",
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
