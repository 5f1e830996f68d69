"""onnxscript turns the source of functions into ONNX, so their sources go along."""

module_collection_mode = "pyz+py"
