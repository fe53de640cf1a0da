"""What goes on by itself: submitting, polling, fetching, posting, keeping cards, files and models up to date."""
