"""Commands for moderators: `/quota`, `/config`, reports, and the server's log channel."""
