"""The processes that work on foreign bytes, and what bounds them."""
