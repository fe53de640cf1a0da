"""What the operator watches: metrics, health pages, logs, and how long the event loop was blocked."""
