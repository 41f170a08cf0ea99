"""What the benchmark refuses: one message for the person, no traceback."""


class BenchRefused(Exception):
    """This machine lacks something, or a process under measurement did not do its part."""
