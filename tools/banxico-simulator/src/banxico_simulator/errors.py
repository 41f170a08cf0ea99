"""What a caller of the control API can get wrong.

Tree::

    SimulatorError(ValueError)   the wish can't be met; its text is for the caller

`app` answers it as 400 with the text. Anything else that is raised is a bug.
"""


class SimulatorError(ValueError):
    """A wish that the simulator can't meet, such as a FIX for a bank holiday."""
