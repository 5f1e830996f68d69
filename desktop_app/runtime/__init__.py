"""The bundle (an exported model) and generation from it, with numpy and onnxruntime alone (no torch, no Qt)."""
