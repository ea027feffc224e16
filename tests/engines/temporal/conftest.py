"""The package `baton` of these tests is the one that is shipped."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "templates" / "temporal"))
