"""What members come back to: versions and their families, history, drafts, questions, styles and defaults."""
