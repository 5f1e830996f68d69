"""The command line: every verb of the journey without a window (no Qt; torch only in the engine's own process)."""
