"""The benchmark is for Linux: /proc, timers as file descriptors, taskset and setpriv."""

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
