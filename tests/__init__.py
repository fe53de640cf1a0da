"""Every promise of the project, tried."""
