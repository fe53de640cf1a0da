"""What moderators do: settings, quotas, styles, reports, removals, undoing, and what was spent."""
