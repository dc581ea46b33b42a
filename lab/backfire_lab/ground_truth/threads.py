"""Imported before torch: its threads sleep while they wait for each other.

They spin otherwise, and beside any other busy process a run then takes up to eight times as long.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
