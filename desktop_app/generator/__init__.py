"""The generator: a small window of its own for people who only draw with a model that was given to them (no torch)."""
