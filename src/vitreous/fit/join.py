"""Head, standardization and calibration joined with the network that made the features: one `model.onnx`.

one label        image ─ backbone ─ features ─ Sub mean ─ Mul 1/deviation ─ Gemm weight, bias ─ Mul 1/temperature ─ Softmax ─ probability
several labels   the same up to Gemm ─ Mul scale ─ Add shift ─ Sigmoid ─ probability
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.fit.head import Floats, Head
from vitreous.fit.link import Nodes
from vitreous.fit.probe import Probe
from vitreous.infer.network import METADATA_KEY, Network

MEAN, SCALE, WEIGHT, BIAS = "standard.mean", "standard.scale", "classifier.weight", "classifier.bias"


@dataclass(frozen=True)
class JoinedHead:
    """The head of a model.onnx: `weight` [K, D] and `bias` [K] on (features - `mean`) · `scale`."""

    mean: Floats
    scale: Floats
    weight: Floats
    bias: Floats

    @classmethod
    def of(cls, data: bytes) -> "JoinedHead | None":
        """None where the model ends in something else."""
        from onnx import load_model_from_string, numpy_helper

        stored = {each.name: each for each in load_model_from_string(data).graph.initializer}
        names = (MEAN, SCALE, WEIGHT, BIAS)
        return cls(*(np.asarray(numpy_helper.to_array(stored[name]), np.float32) for name in names)) if stored.keys() >= set(names) else None

    def standardized_by(self, mean: Floats, deviation: Floats) -> Head | None:
        """The same logits, on (features - `mean`) / `deviation`; None where there are more features, or fewer."""
        if mean.shape != self.mean.shape:
            return None
        plain = self.weight * self.scale
        return Head(plain * deviation, self.bias + plain @ (mean - self.mean))


def join(backbone: Network, view: View, probe: Probe, labels: list[str], facts: dict[str, Any]) -> Network:
    """A model.onnx: input `image` uint8 [N, S, S, 3], outputs `probability` [N, K] and `features` [N, D]. `facts` go into its metadata.

    The same arguments give the same bytes.
    """
    from onnx import TensorProto, helper, load_model_from_string, numpy_helper

    model = load_model_from_string(backbone.data)
    graph = model.graph
    _cut_after(graph, "features")
    constants = {
        MEAN: probe.mean,
        SCALE: 1 / probe.deviation,
        WEIGHT: probe.head.weight,
        BIAS: probe.head.bias,
    }
    calibration, ending = probe.link.graph()
    constants |= calibration
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items())
    steps: Nodes = [
        ("Sub", ["features", MEAN], "standard.centred", {}),
        ("Mul", ["standard.centred", SCALE], "standard", {}),
        ("Gemm", ["standard", WEIGHT, BIAS], "logits", {"transB": 1}),
        *ending,
    ]
    graph.node.extend(helper.make_node(kind, inputs, [output], name=output, **extra) for kind, inputs, output, extra in steps)
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", view.size, view.size, 3]))
    graph.output.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", len(labels)]))
    graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(probe.mean)]))
    inherited = {key: backbone.facts[key] for key in ("network", "licence", "source", "input") if key in backbone.facts}
    written = inherited | {"task": "classify", "labels": labels, "view": view.to_json()} | facts
    helper.set_model_props(model, {METADATA_KEY: json.dumps(written)})
    return Network(bytes(model.SerializeToString(deterministic=True)), Path("model.onnx"), written)


def _cut_after(graph: Any, output: str) -> None:
    """Drop the nodes behind `output` and the weights that only they used."""
    end = next(number for number, node in enumerate(graph.node) if output in node.output)
    del graph.node[end + 1 :]
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    # a weight that is widened by a Cast behind the cut is gone with it
    del graph.initializer[:]
    graph.initializer.extend(kept)
