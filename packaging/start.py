"""Set Gensmith up and open it: ``python3 packaging/start.py``, or ``python3 packaging/start.py VERB …`` for a verb.

The first call makes ``.venv`` beside this folder and installs what Gensmith needs; later calls start at once. Where
there is no display it says so and takes the sample project through its whole journey without one. Nothing but a
Python from 3.11 to 3.13 is needed beforehand.
"""

import sys
from pathlib import Path

import supported_python

supported_python.ensure()
sys.path.append(str(Path(__file__).resolve().parent.parent))  # Gensmith itself: its parts that need nothing installed


def main(words):
    """Prepare ``.venv`` and become Gensmith; returns the exit code where the process cannot be replaced."""
    import environment
    import system

    ours = environment.Environment(environment.ROOT / ".venv")
    try:
        ours.prepare(environment.GENSMITH, also_good=environment.GENSMITH_AND_TESTS)
        if not words:
            obstacle = ours.no_window_because()
            if obstacle:
                system.say(f"{obstacle}\nSo the sample project makes its whole journey without a window:")
                words = ["try"]
    except system.SetupError as error:
        system.say(str(error))
        return 4
    except KeyboardInterrupt:
        system.say("Interrupted. Call it again to go on.")
        return 130
    return ours.become(["-m", "desktop_app", *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
