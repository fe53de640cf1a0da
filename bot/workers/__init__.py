"""What runs by itself: submitting, polling, fetching, posting, and keeping cards, files and models up to date."""
