"""Step 5: measures on arrays of real and generated pictures, copies, a verdict (no torch, no Qt)."""
