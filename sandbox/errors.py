"""What ends the sandbox with exit code 1; the message is the reason, in one line."""


class SandboxError(Exception):
    """Base of the reasons."""


class FailedError(SandboxError):
    """`--once` brought no video."""


class PortTakenError(SandboxError):
    """The asked port is in use by another program."""
