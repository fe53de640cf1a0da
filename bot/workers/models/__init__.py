"""Which models the key may use, and who is told when one is gone or back."""
