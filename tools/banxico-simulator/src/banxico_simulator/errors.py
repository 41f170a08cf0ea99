"""What people can get wrong.

Tree::

    SimulatorError(ValueError)   a wish of the control API can't be met: `app` answers 400
    SettingsError(ValueError)    the environment is wrong: `__main__` ends with the text

Both texts are for people. Anything else that is raised is a bug.
"""


class SimulatorError(ValueError):
    """A wish that the simulator can't meet, such as a FIX for a bank holiday."""


class SettingsError(ValueError):
    """The environment holds a value that can't be used; the text names every one."""
