"""Imported before torch.

Its threads sleep while they wait for each other. They spin otherwise, and beside any other busy process a run then takes up to eight
times as long.

Memory that torch gives back stays with the process. The C library would return each large tensor's to the system, and have the
next one's cleared page by page: a fifth of the time of training an autoencoder.
"""

import ctypes
import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h of glibc
if sys.platform == "linux":
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
