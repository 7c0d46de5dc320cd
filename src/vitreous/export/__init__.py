"""From a torch module to one `model.onnx`, and the proof that both give the same answers."""
