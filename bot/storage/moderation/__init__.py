"""What moderators change: settings, reports, removals; the audit log of it, and undoing."""
