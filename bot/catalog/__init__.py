"""The models as data: `models.toml`, its reader, and which offer fits a request."""
