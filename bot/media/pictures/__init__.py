"""Pictures: checked, rebuilt from their pixels, and shown small."""
