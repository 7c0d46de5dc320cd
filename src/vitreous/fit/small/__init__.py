"""Small networks learned with no torch: a network is an ONNX graph, and the numpy layers differentiate it."""
