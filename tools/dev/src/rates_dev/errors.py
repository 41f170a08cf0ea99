"""What can stop a command: one message for the person at the keyboard, no traceback."""


class Refused(Exception):
    """The command can't do what was asked; the message says what to change."""
