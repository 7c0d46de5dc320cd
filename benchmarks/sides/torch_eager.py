"""EfficientNet-Lite0 in torch, eager, fp32, NCHW, batch 32, at full load: prints {"per_s": …, "torch": …, "threads": …}.

usage: python torch_eager.py SECONDS
"""

import json
import sys

import torch
from efficientnet_lite_pytorch import EfficientNet
from full_load import pictures_per_second

BATCH = 32


def main() -> None:
    lasting = float(sys.argv[1])
    net = EfficientNet.from_name("efficientnet-lite0").eval()  # what the weights are does not change the time
    batch = torch.randn(BATCH, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        net(batch)
        rate = pictures_per_second(lambda: net(batch), BATCH, lasting)
    print(json.dumps({"per_s": round(rate, 1), "torch": torch.__version__, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
