"""What every loop is made of: a check at intervals, a queue of claimed items, and the supervisor that runs them."""
