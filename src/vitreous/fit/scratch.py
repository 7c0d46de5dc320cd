"""The settings of a training from scratch: what each may be, without knowing torch.

trainer         auto, torch, or numpy (linear, mlp and lenet only)
epochs          passes over the training part; else the plan's choice for the minutes, or the network's own
batch           pictures a step; 1 is stochastic gradient descent, all of them gradient descent
rate            the largest learning rate of the schedule; or auto: by measuring
optimizer       sgd, momentum, nesterov, adam, adamw, muon; `momentum` for those that have one
decay           weight decay, which leaves biases and norms alone
schedule        constant, step, cosine, one-cycle
loss            cross-entropy, focal; of several labels binary-cross-entropy, asymmetric; `smoothing` of its labels; `class_weights` none or balanced
mixup           strength (alpha) of the mixing of two pictures; 0: none
dropout         share of features that are dropped before the head, and in the network's own dropout
augment         none, auto, or what is allowed, with commas
clip            largest norm of the gradient
average         decay of the moving average of the weights; 0: none
patience        epochs without a better held-out loss after which it ends
device          auto, cpu or cuda
threads         of torch on the processor
tensorboard     whether files for TensorBoard are written, too
keep_path       whether the weights behind every epoch are kept, for the landscape of the loss
"""

from collections.abc import Mapping
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest

SCRATCH = (
    "trainer", "epochs", "batch", "rate", "optimizer", "momentum", "decay", "schedule", "loss", "smoothing", "class_weights", "mixup", "dropout",
    "augment", "clip", "average", "patience", "device", "threads", "tensorboard", "keep_path",
)  # fmt: skip
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "muon")
SCHEDULES = ("constant", "step", "cosine", "one-cycle")
LOSSES = ("cross-entropy", "focal", "binary-cross-entropy", "asymmetric")
_NAMES = {
    "trainer": ("auto", "torch", "numpy"),
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
    "class_weights": ("none", "balanced"),
}
_WHOLE = {"epochs": 100_000, "batch": 1_000_000, "patience": 100_000, "threads": 1024}
# Beyond these a number is a slip: smallest, largest, whether the smallest itself may be.
_RANGES = {
    "rate": (0.0, 100.0, False),
    "momentum": (0.0, 1.0, True),
    "decay": (0.0, 10.0, True),
    "smoothing": (0.0, 1.0, True),
    "mixup": (0.0, 100.0, True),
    "dropout": (0.0, 1.0, True),
    "clip": (0.0, 1e9, False),
    "average": (0.0, 1.0, True),
}
_LARGEST_ITSELF = ("rate", "decay", "mixup", "clip")  # of the others, 1 would leave nothing
AUTO = "auto"
_OR_AUTO = ("rate",)
_SWITCHES = ("tensorboard", "keep_path")
SCRATCH_TYPES: dict[str, tuple[type, ...]] = (
    dict.fromkeys(_WHOLE, (int,))
    | dict.fromkeys(_RANGES, (int, float))
    | dict.fromkeys(_OR_AUTO, (int, float, str))
    | dict.fromkeys(_SWITCHES, (bool,))
)


def require_possible(values: Mapping[str, Any]) -> None:
    """Raises UsageError, with the nearest name or the range, for a value that cannot be meant; None stands for not given."""
    for name, value in values.items():
        if value is None or (name in _OR_AUTO and value == AUTO):
            continue
        option = "--" + name.replace("_", "-")
        if name in _OR_AUTO and isinstance(value, str):
            raise UsageError(f"{option} {visible(value)}", needed="a number, or auto", remedy=f"{option} auto measures it")
        if name in _NAMES and value not in _NAMES[name]:
            raise UsageError(
                f"{option} {visible(str(value))}", f"there is no such {name.replace('_', ' ')}", remedy=nearest(str(value), _NAMES[name])
            )
        if name in _WHOLE and (isinstance(value, bool) or not 1 <= value <= _WHOLE[name]):
            raise UsageError(option, f"{value}", f"a whole number from 1 to {_WHOLE[name]:,}")
        if name in _RANGES:
            low, high, itself = _RANGES[name]
            inside = (low <= value if itself else low < value) and (value <= high if name in _LARGEST_ITSELF else value < high)
            if not inside:  # also where it is no number
                at_least = f"{low:g} or more" if itself else f"more than {low:g}"
                at_most = f"at most {high:g}" if name in _LARGEST_ITSELF else f"less than {high:g}"
                raise UsageError(option, f"{value:g}", f"{at_least} and {at_most}")
