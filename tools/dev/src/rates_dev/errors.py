"""What can stop a command: one message for the person at the keyboard, no traceback.

Refused
├── PortsRefused     a port is taken, given twice or not a port
├── AlreadyRunning   the same state folder is in use by a platform that runs
└── LocksRefused     the locks are wrong, or could not be compiled
"""


class Refused(Exception):
    """The command can't do what was asked; the message says what to change."""


class PortsRefused(Refused):
    """Names every variable that is at fault and its port."""


class AlreadyRunning(Refused):
    """Another `./dev up` runs on the same state folder."""


class LocksRefused(Refused):
    """A lock is not what is declared; or uv found no set of versions, or could not ask for them."""
