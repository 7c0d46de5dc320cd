"""One class only, such as good parts: what is unlike all of them, and where (K. Roth et al., "Towards total recall in industrial anomaly detection",
CVPR 2022, PatchCore).

patches    a network whose values are patches of the picture, from two middle stages
coreset    some patches that stand for all: no patch is far from one of them
graph      patches, their distance to the nearest of these, map and score: one model.onnx
training   from a folder to a run
"""
