"""The way of a job through its queues: submit, poll, post; joins, cards and the files that jobs need."""
