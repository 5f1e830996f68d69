"""What every lever does, off and on: the rows of the ablations and the small laboratory that they are measured in."""
