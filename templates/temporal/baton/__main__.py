"""`python -m baton`."""

import os
import sys

from .cli import main

code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)  # threads of Temporal's client may still run, and Python would trip over them
