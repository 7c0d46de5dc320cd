"""Learning without torch: features from the engine, a softmax head on them, calibration, and one file that joins them."""
