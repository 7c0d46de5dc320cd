"""What all networks here share: named stages in order, then a head.

    x [N, C, S, S] → stage 1 → … → stage n → features [N, D] → head → logits [N, K]

The head is always one fully connected layer, so for every network alike the features are what it reads, and another number of
classes is another head. `trace` gives a network as a list of layers in working order, for tables and for export.
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, fx, nn

from vitreous.errors import UsageError


class Staged(nn.Module):
    """A network: `accepts` checks the pictures, `stages` by name in order, `head` from features [N, D] to logits [N, K]."""

    def __init__(self, accepts: "Accepts", stages: dict[str, nn.Module], head: nn.Linear) -> None:
        super().__init__()
        self.accepts = accepts
        self.stages = nn.ModuleDict(stages)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        x = self.accepts(x)
        for stage in self.stages.values():
            x = stage(x)
        return self.head(x)

    def named_values(self, x: Tensor) -> dict[str, Tensor]:
        """The value behind every stage, by its name, and `logits`."""
        return named_values(self, x)


class Accepts(nn.Module):
    """Lets pictures [N, C, H, W] through as they are.

    Raises UsageError for another number of axes or channels, and for sides below `smallest` or above `largest` pixels.
    """

    def __init__(self, name: str, channels: int, smallest: int = 1, largest: int | None = None) -> None:
        super().__init__()
        self.name, self.channels, self.smallest, self.largest = name, channels, smallest, largest

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != self.channels:
            raise UsageError(f"{self.name} cannot take this", f"an array {list(x.shape)}", f"pictures [N, {self.channels}, rows, columns]")
        height, width = x.shape[2:]
        if self.largest == self.smallest and (height, width) != (self.smallest, self.smallest):
            raise UsageError(
                f"{self.name} cannot take this", f"pictures of {width}×{height}", f"{self.smallest}×{self.smallest}", f"build it with size={width}"
            )
        if min(height, width) < self.smallest:
            raise UsageError(f"{self.name} cannot take this", f"pictures of {width}×{height}", f"at least {self.smallest}×{self.smallest} pixels")
        return x


def named_values(net: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The value behind every stage of a network with `stages` and `head`, by the stage's name in order, and at last `logits`."""
    x = net.accepts(x)
    values = {}
    for name, stage in net.stages.items():
        x = values[name] = stage(x)
    return values | {"logits": net.head(x)}


class _Tracer(fx.Tracer):
    """Goes into blocks and stops at layers; a layer written here counts as the torch layer that it is a kind of."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, Accepts | nn.Conv2d) or super().is_leaf_module(module, name)


def trace(net: nn.Module, input_shape: tuple[int, ...]) -> list[fx.Node]:
    """The network's layers and functions in working order, for one picture of `input_shape` (channels, rows, columns), as for inference.

    Each node's `meta` has "path", the module that it is or stands in, and "shape", that of its value. The network itself is left as it is.
    Raises UsageError where what is done depends on the values, and where such a picture cannot be taken.
    """
    outline = _without_numbers(net).eval()
    try:
        graph = _Tracer().trace(outline)
    except (fx.proxy.TraceError, TypeError) as error:
        raise UsageError(f"cannot follow {type(net).__name__} layer by layer", str(error).splitlines()[0]) from None
    for node in graph.nodes:
        # the stack holds the modules that were being called, outermost first; the network itself has no name
        around = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        node.meta["path"] = str(node.target) if node.op == "call_module" else around[-1] if around else ""
    with torch.no_grad():
        _Shapes(fx.GraphModule(outline, graph)).run(torch.empty((1, *input_shape), device="meta"))
    return list(graph.nodes)


def _without_numbers(net: nn.Module) -> nn.Module:
    """A copy that has shapes only (torch's "meta" device), at no cost in memory."""
    shapes: dict[int, Tensor] = {id(each): nn.Parameter(torch.empty_like(each, device="meta"), False) for each in net.parameters()}
    return deepcopy(net, shapes | {id(each): torch.empty_like(each, device="meta") for each in net.buffers()})


class _Shapes(fx.Interpreter):
    """Runs a network without numbers, and notes the shape of every value."""

    def run_node(self, node: fx.Node) -> Any:
        value = super().run_node(node)
        if isinstance(value, Tensor):
            node.meta["shape"] = tuple(value.shape)
        return value


def stage_of(path: str) -> str:
    """The stage that a module's path stands in: "stages.conv2.0.conv1" is in "conv2"; "head" is a stage of its own, "" none.

    >>> stage_of("stages.conv2.0.conv1"), stage_of("head"), stage_of("accepts")
    ('conv2', 'head', '')
    """
    first, _, rest = path.partition(".")
    if first == "stages":
        return rest.partition(".")[0]
    return first if first == "head" else ""
