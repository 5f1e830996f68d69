"""Steps 3 and 4: families, networks, the training loop, export.

This module and the families' declarations load no torch; only the engine's own process imports the learners.
"""
