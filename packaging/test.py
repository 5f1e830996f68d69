"""Test Gensmith: ``python3 packaging/test.py [--only PART …] [words for pytest …]``.

Prepares ``.venv`` with what the tests need, then runs every part and tells how long each took: style, formatting,
types, import contracts, the tests of the window-free packages where Qt is not installed and where torch is not
installed, and all tests under a virtual display. The exit code is 0 when every part passed. Later calls start at once.
"""

import sys
from pathlib import Path

import supported_python

supported_python.ensure()
sys.path.append(str(Path(__file__).resolve().parent.parent))  # Gensmith itself: its parts that need nothing installed

if __name__ == "__main__":
    import checks

    sys.exit(checks.main(sys.argv[1:]))
