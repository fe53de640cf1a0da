"""What keeps the database and the files small, and finishes deletions and removals."""
