"""The pages; the frame imports each one when it is first shown."""
