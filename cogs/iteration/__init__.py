"""From one version to the next: Again, Remix, replies, threads, history."""
