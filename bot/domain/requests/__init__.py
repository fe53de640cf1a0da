"""What a member asks for, and what goes into it besides."""
