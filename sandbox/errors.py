"""Errors that end the sandbox with exit code 1; the message is the reason, in one line."""


class SandboxError(Exception):
    """Base class of these errors."""


class FailedError(SandboxError):
    """`--once` produced no video."""


class PortTakenError(SandboxError):
    """Another program uses the requested port."""
