"""What the operator watches: metrics, health checks, logs, and how long the event loop was blocked."""
