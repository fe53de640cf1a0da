"""Watches what the operator must hear of in time: backups, disks, Discord, UniAll, the database, starts, stuck jobs."""
