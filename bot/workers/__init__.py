"""Background work: submitting, polling, fetching and posting jobs, and keeping cards, files and models up to date."""
