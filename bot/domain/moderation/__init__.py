"""What moderators steer: a server's settings and their edits, banned words, the audit log, reports, the log channel."""
