"""Our engine at full load, in the setting that it chooses itself: prints {"per_s": …, "setting": …}.

usage: python our_engine.py SECONDS      (the choice is kept in VITREOUS_CACHE)
"""

import json
import sys

import numpy as np
from full_load import pictures_per_second

from vitreous.infer.choose import fastest_setting
from vitreous.infer.engine import start_engine
from vitreous.infer.network import load_network

MANY = 100_000
WARMING = 8


def main() -> None:
    network, lasting = load_network(), float(sys.argv[1])
    setting = fastest_setting(network, MANY)
    engine = start_engine(network, setting, ("features",))
    size = network.view.size
    batch = np.random.default_rng(0).integers(0, 256, (setting.batch, size, size, 3), np.uint8)
    for _ in range(WARMING):
        engine.submit(batch, lambda _: None)
    engine.finish()
    rate = pictures_per_second(lambda: engine.submit(batch, lambda _: None), setting.batch, lasting, engine.finish)
    print(json.dumps({"per_s": round(rate, 1), "setting": str(setting), "batch": setting.batch}))


if __name__ == "__main__":
    main()
