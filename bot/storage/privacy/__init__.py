"""What is stored about a member, its deletion, and the list that repeats deletions in an older database."""
