"""What moderators set and did."""
