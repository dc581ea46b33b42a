import os

# Before ONNX Runtime is loaded: without it, the runtime reports to its makers over the network.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
