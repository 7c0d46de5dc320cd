"""One network, fresh, at full load: by torch eager in fp32, or exported and in our engine. Prints {"per_s": …, …}.

usage: python exported_network.py torch|engine NAME SECONDS
"""

import json
import sys
from typing import Any

from full_load import pictures_per_second

BATCH = 8


def main() -> None:
    side, name, lasting = sys.argv[1], sys.argv[2], float(sys.argv[3])
    from vitreous.nets import build
    from vitreous.nets.catalogue import entry

    net = build(name).eval()
    found = entry(name)
    print(json.dumps({"torch": by_torch, "engine": by_engine}[side](net, found, lasting)))


def by_torch(net: Any, found: Any, lasting: float) -> dict[str, Any]:
    import torch

    pictures = torch.randn(BATCH, found.channels, found.size, found.size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        net(pictures)
        rate = pictures_per_second(lambda: net(pictures), BATCH, lasting)
    return {"per_s": round(rate, 2), "torch": torch.__version__, "threads": torch.get_num_threads(), "batch": BATCH}


def by_engine(net: Any, found: Any, lasting: float) -> dict[str, Any]:
    import numpy as np

    from vitreous.core.view import View
    from vitreous.export.onnx_file import to_network
    from vitreous.infer.choose import fastest_setting
    from vitreous.infer.engine import start_engine

    network = to_network(net, [str(number) for number in range(found.classes)], View.crop(found.size), 127.0, 128.0, {"network": found.name})
    setting = fastest_setting(network, 100_000)
    engine = start_engine(network, setting, ("probability",))
    batch = np.random.default_rng(0).integers(0, 256, (setting.batch, found.size, found.size, 3), np.uint8)
    for _ in range(2):
        engine.submit(batch, lambda _: None)
    engine.finish()
    rate = pictures_per_second(lambda: engine.submit(batch, lambda _: None), setting.batch, lasting, engine.finish)
    return {"per_s": round(rate, 2), "setting": str(setting), "batch": setting.batch}


if __name__ == "__main__":
    main()
