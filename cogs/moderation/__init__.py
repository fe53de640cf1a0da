"""What moderators use: `/quota`, `/config`, reports, the server's log channel."""
