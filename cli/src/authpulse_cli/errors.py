"""What the operator is told when a command cannot do its work."""


class CommandError(Exception):
    """The command gives up; the message says what failed, where, and what to do. Ends the process with status 1."""
