"""What people can get wrong; the texts are for them. Anything else that is raised is a bug."""


class SimulatorError(ValueError):
    """A wish of the control API that can't be met, such as a FIX for a bank holiday."""


class SettingsError(ValueError):
    """The environment holds a value that can't be used; the text names every one."""
