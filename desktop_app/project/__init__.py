"""The document: what the person decided in the six steps, its versions, its folder (no torch, no Qt)."""
