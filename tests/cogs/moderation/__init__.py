"""What moderators settle, and what nobody gets past."""
