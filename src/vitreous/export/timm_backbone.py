"""Any backbone of timm (R. Wightman, 2019 on) whose weights are on this machine, as a network for the engine.

    image uint8 [N, S, S, 3] ─ (x − 255 mean) / (255 std) ─ Transpose ─ timm's network without its classifier ─ features [N, D]

Size, crop, mean, deviation, licence and origin are those that timm keeps with the weights (`pretrained_cfg`). Nothing is downloaded: the
weights are looked for where timm would have put them, and handed to it as a file.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.core.view import View
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.infer.engine import Setting, default_setting, run_batch, start_engine
from vitreous.infer.network import METADATA_KEY, Network

_FILES_ON_HUB = ("model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_OPSET = 18
# fp32 on two libraries, whose sums run in another order: 24 bits and some thousand products, relative to the largest feature.
_PARITY = 1e-3


def timm_network(name: str) -> Network:
    """The pretrained backbone that timm calls `name`, such as "resnet18.a1_in1k", without its classifier.

    Raises UsageError where timm does not load or does not know the name; ModelError where the weights are not on this machine, or the
    exported file gives other features than torch.
    """
    timm = _timm()
    known = timm.list_models(pretrained=True)
    if name not in known and name not in {each.partition(".")[0] for each in known}:
        raise UsageError(f"timm has no pretrained network {visible(name)!r}", remedy=nearest(name, known))
    settings = _as_dict(timm.get_pretrained_cfg(name))
    weights = _local_weights(name, settings)
    try:
        net = timm.create_model(name, pretrained=True, num_classes=0, pretrained_cfg_overlay={"file": str(weights)}).eval()
    except Exception as error:  # timm, torch and safetensors each raise their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"timm cannot build {visible(name)}", reason[:200], f"its weights whole, in {visible(str(weights))}") from None
    size, facts = _facts(name, settings, weights)
    mean, std = (np.asarray(facts["input"][key], np.float32) for key in ("mean", "std"))
    module = _with_normalization(net, mean, std)
    width = _width(module, size, name)
    facts |= {"features": width}
    network = Network(_exported(module, size, width, facts, name), Path(f"{name}.onnx"), facts)
    _prove(module, network)
    return network


def cached_names() -> list[str]:
    """The networks of timm whose weights are on this machine; none where timm does not load."""
    try:
        timm = _timm()
    except UsageError:
        return []
    return [name for name in timm.list_models(pretrained=True) if any(place.is_file() for place in _places(_as_dict(timm.get_pretrained_cfg(name))))]


def _timm() -> Any:
    try:
        timm = import_module("timm")  # an extra without types
    except (ImportError, RuntimeError) as error:  # torchvision built for another torch raises RuntimeError
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError("timm does not load here", reason[:200], "timm with a torchvision that fits torch", 'pip install "vitreous[timm]"') from None
    return timm


def _as_dict(settings: Any) -> dict[str, Any]:
    return dict(settings.to_dict()) if settings is not None else {}


def _local_weights(name: str, settings: Mapping[str, Any]) -> Path:
    """The file of weights, where timm, torch.hub or the Hugging Face cache keep it. Raises ModelError where none does."""
    for place in _places(settings):
        if place.is_file():
            return place
    wanted = settings.get("hf_hub_id") or settings.get("url") or "unknown"
    raise ModelError(
        f"the weights of {visible(name)} are not on this machine",
        f"timm has them from {visible(str(wanted))}; nothing is downloaded here",
        "the file in the cache of Hugging Face or of torch.hub",
        f"where there is a network: python -c \"import timm; timm.create_model('{visible(name)}', pretrained=True)\"",
    )


def _places(settings: Mapping[str, Any]) -> Iterator[Path]:
    import torch

    if settings.get("file"):
        yield Path(settings["file"])
    if settings.get("url"):
        yield Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(settings["url"])
    if settings.get("hf_hub_id"):
        try:
            cached = import_module("huggingface_hub").try_to_load_from_cache
        except ImportError:
            return
        repository, _, revision = str(settings["hf_hub_id"]).partition("@")
        for file in (settings.get("hf_hub_filename"), *_FILES_ON_HUB):
            found = cached(repository, file, revision=revision or None) if file else None
            if isinstance(found, str):
                yield Path(found)


def _facts(name: str, settings: Mapping[str, Any], weights: Path) -> tuple[int, dict[str, Any]]:
    """The side in pixels, and all that is known without running the network."""
    channels, height, width = settings.get("input_size") or (3, 224, 224)
    if channels != 3 or height != width:
        raise ModelError(
            f"{visible(name)} sees {channels} × {height} × {width}", needed="square pictures of 3 colours", remedy="take another network"
        )
    share = settings.get("crop_pct") or 1.0
    licence, origin = settings.get("license") or "unknown, not given", settings.get("hf_hub_id") or settings.get("url") or str(weights)
    interpolation = settings.get("interpolation") or "bicubic"
    why = [f"size {height}, crop {share:g}, mean and deviation by timm's settings for its weights", f"licence: {licence}"]
    if interpolation != "bicubic":
        why.append(f"trained on pictures resized {interpolation}; here they are resized bicubic")
    mean, std = (list(settings.get(key) or plain) for key, plain in (("mean", (0.485, 0.456, 0.406)), ("std", (0.229, 0.224, 0.225))))
    seen = {"layout": "NCHW", "channels": 3, "colours": "rgb", "scale": "0-1", "mean": mean, "std": std, "known_by": "metadata", "why": why}
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return height, {
        "network": name,
        "task": "features",
        "labels": [],
        "view": View.crop(height, max(height, round(height / share))).to_json(),
        "resizable": not settings.get("fixed_input_size", False),
        "licence": licence,
        "source": f"timm, {origin}, sha256 {digest}",
        "input": seen,
    }


def _with_normalization(net: Any, mean: NDArray[np.float32], std: NDArray[np.float32]) -> Any:
    """A module from uint8 [N, S, S, 3] to features [N, D]."""
    import torch

    class Normalized(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.register_buffer("shift", torch.from_numpy(mean * 255))
            self.register_buffer("factor", torch.from_numpy(1 / (std * 255)))

        def forward(self, image: Any) -> Any:
            normal = (image.float() - self.shift) * self.factor
            return self.net(normal.permute(0, 3, 1, 2))

    return Normalized().eval()


def _width(module: Any, size: int, name: str) -> int:
    import torch

    with torch.inference_mode():
        features = module(torch.zeros(1, size, size, 3, dtype=torch.uint8))
    if getattr(features, "ndim", 0) != 2 or features.shape[1] < 2:
        shape = list(getattr(features, "shape", []))
        raise ModelError(f"{visible(name)} gives no features", f"shape {shape} for one picture", "[1, D]", "take another network")
    return int(features.shape[1])


def _exported(module: Any, size: int, width: int, facts: Mapping[str, Any], name: str) -> bytes:
    """The ONNX file, with any number of pictures at once."""
    import onnx
    import torch

    # two pictures: torch takes a size of 1 for fixed
    example, batch = torch.zeros(2, size, size, 3, dtype=torch.uint8), torch.export.Dim("N")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own deprecations
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                verbose=False,
                opset_version=_OPSET,
                input_names=["image"],
                output_names=["features"],
                dynamic_shapes=({0: batch},),
            )
            model = program.model_proto
    except Exception as error:  # the exporter raises many kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"torch cannot export {visible(name)}", reason[:200], remedy="take another network, or export it by hand") from None
    graph = model.graph
    for node in graph.node:  # the exporter writes the source lines and paths of this machine here
        node.ClearField("doc_string")
        del node.metadata_props[:]
    del graph.value_info[:], graph.input[:], graph.output[:], model.metadata_props[:], graph.metadata_props[:]
    graph.input.append(onnx.helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, ["N", size, size, 3]))
    graph.output.append(onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["N", width]))
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(facts)})
    return bytes(model.SerializeToString(deterministic=True))


def _prove(module: Any, network: Network) -> None:
    """Run both on noise. Raises ModelError where the file gives other features than torch."""
    import torch

    pictures = np.random.default_rng(0).integers(0, 256, (3, network.view.size, network.view.size, 3), np.uint8)
    with torch.inference_mode():
        theirs = module(torch.from_numpy(pictures)).numpy()
    setting = Setting(default_setting(1).library, "f32", 2, 1)
    ours = run_batch(start_engine(network, setting, ("features",)), pictures)["features"]
    difference = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not difference <= _PARITY:
        arrived = f"features that differ by {difference:.2g} of the largest"
        raise ModelError(
            f"the exported {visible(network.path.name)} does not agree with torch", arrived, f"at most {_PARITY:g}", "please report this"
        )
