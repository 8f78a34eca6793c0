"""The components: one folder each. Nothing is imported here, so that a plugin loads its own component only."""

import gc
import os
import sys

# A plugin runs for some 50 ms and exits by os._exit: looking for garbage would be a twentieth of that.
if os.path.basename(sys.argv[0] if sys.argv else "").startswith("check_"):
    gc.disable()
