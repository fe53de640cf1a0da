"""What use cases and workers need from outside, as protocols: database, video API, Discord, media folder, time."""
