"""Stand-ins for the services outside, over real sockets: scriptable, journalled, strict."""
