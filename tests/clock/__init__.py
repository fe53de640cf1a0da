"""Time: what is tried for a day, a clock that is wrong, and an API that does not answer. On a real database."""
