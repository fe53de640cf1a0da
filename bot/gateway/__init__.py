"""The connection to Discord: the client, its login, and the events it receives."""
