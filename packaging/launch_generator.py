"""Where the generator's executable begins."""

import multiprocessing
import sys

from desktop_app.generator.app import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child that a library starts is this program too
    sys.exit(main(sys.argv[1:]))
