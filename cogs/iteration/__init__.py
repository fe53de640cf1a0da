"""How one video leads to the next: Again, Remix, replies, threads, history."""
