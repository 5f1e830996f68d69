"""Where the executable begins: the same door as ``python -m desktop_app``."""

import multiprocessing
import sys

from desktop_app.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child that a library starts is this program too
    sys.exit(main())
