"""What is done with an earlier video: the next version, forms, history, joining, threads, posting it elsewhere."""
