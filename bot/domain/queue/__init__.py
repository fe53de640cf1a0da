"""What may wait, in which order it is sent, and when: admission, the fair order, claims."""
