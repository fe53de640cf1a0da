"""What use cases and workers share: their context, the state of the running bot in it, and steps that both take."""
