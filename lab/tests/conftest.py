import backfire_lab  # noqa: F401  before any test loads ONNX Runtime: it switches its telemetry off
