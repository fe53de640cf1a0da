"""Downloads a finished video into a file, and checks whether its link can be shared."""
