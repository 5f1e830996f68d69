"""The window: wizard, six pages, widgets, theme. Never torch, never the engine."""
