"""The database as small protocols, one for each kind of work, and the store that is composed of them."""
