"""Build the executable: ``python3 packaging/build.py``.

Makes ``.venv-build``, freezes Gensmith into the folder ``dist/gensmith`` and packs it for this system: a ``.deb`` and a
``.tar.gz`` on Linux, a ``.zip`` and an installer on Windows (where Inno Setup is installed), a ``.zip`` of the
application on macOS. ``--folder-only`` leaves the packing out. ``build.py generator`` builds only the small program that
Gensmith hands on with a model, into ``dist/gensmith-generator``; Gensmith's own folder holds it as well.
"""

import sys
from pathlib import Path

import supported_python

supported_python.ensure()
sys.path.append(str(Path(__file__).resolve().parent.parent))  # Gensmith itself: its parts that need nothing installed

if __name__ == "__main__":
    import executable

    sys.exit(executable.main(sys.argv[1:]))
