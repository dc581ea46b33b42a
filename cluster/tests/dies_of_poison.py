"""Backfire, but its process is killed when it begins a text that is named in POISON, as a parser that crashes would.

Such a crash cannot be had on demand from the real parsers. All else is the real thing.
"""

import json
import os
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
poison = json.loads(os.environ["POISON"])
for line in child.stdout:
    print(line, end="", flush=True)
    if json.loads(line).get("begun") in poison:
        child.kill()
        os._exit(1)
