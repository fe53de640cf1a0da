"""Keeps the messages of jobs up to date: status cards, and the questions before dear videos."""
