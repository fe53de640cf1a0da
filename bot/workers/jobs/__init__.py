"""The way of a job: submit, poll, fetch, post; jobs in doubt, failures, and joined videos."""
