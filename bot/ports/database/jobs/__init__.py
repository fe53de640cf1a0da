"""Jobs from the accept to the post."""
