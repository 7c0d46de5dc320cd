"""onnxruntime: the fall-back where OpenVINO is not installed, and the second opinion in tests."""

from collections.abc import Callable

from vitreous.infer.engine import Batch, Outputs, Setting, said_as_model_error
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network


class OnnxruntimeEngine:
    """See `vitreous.infer.engine.Engine`; batches run one after the other, each on all cores."""

    def __init__(self, network: Network, setting: Setting, outputs: tuple[str, ...]) -> None:
        import onnxruntime

        self.setting = setting
        self._network, self._outputs = network, outputs
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = this_machine().cores
        options.log_severity_level = 3
        onnxruntime.disable_telemetry_events()
        with said_as_model_error(network):
            self._session = onnxruntime.InferenceSession(_giving(network.data, outputs), options, providers=["CPUExecutionProvider"])

    def submit(self, batch: Batch, done: Callable[[Outputs], None]) -> None:
        with said_as_model_error(self._network):
            outputs = self._session.run(list(self._outputs), {"image": batch})
        done(dict(zip(self._outputs, outputs, strict=True)))

    def finish(self) -> None:
        pass


def _giving(data: bytes, outputs: tuple[str, ...]) -> bytes:
    """The model file with values inside the network among its outputs, where they are asked for."""
    if set(outputs) <= {"probability", "features"}:
        return data  # every network of ours gives these
    from onnx import helper, load_model_from_string

    model = load_model_from_string(data)
    there = {each.name for each in model.graph.output}
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in outputs if name not in there)
    return bytes(model.SerializeToString())
