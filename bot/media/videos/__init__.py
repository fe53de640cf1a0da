"""Videos: checked, shrunk, joined. All of it on foreign bytes, in processes of their own."""
