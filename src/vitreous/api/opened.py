"""What every run has once it is open, whatever it has learned."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.infer.network import Network, load_network

if TYPE_CHECKING:
    from vitreous.runs.folder import RunFolder


class OpenedRun:
    """A run's folder. `labels` in the order of the outputs; `metrics` as they stood at the end of training."""

    def __init__(self, folder: "RunFolder") -> None:
        self._run = folder
        self.folder = folder.path
        self.labels: list[str] = list(folder.facts["labels"])
        self.metrics: dict[str, Any] = dict(folder.facts["metrics"])
        self._network: Network | None = None

    @property
    def data(self) -> Path:
        """The folder of the pictures that it was made from, where it was then."""
        return Path(str(self._run.facts["data"]["folder"]))

    @property
    def network(self) -> Network:
        """`model.onnx`, verified against its hash when it is first read."""
        if self._network is None:
            self._run.read("model.onnx")
            self._network = load_network(self._run.file("model.onnx"))
        return self._network
