"""Trains a small network with torch on `planted_evidence` pictures and writes its model.onnx: planted_net.py FOLDER FILE EPOCHS.

32×32 ─ 3×3 conv 24 ─ 3×3 conv 32, stride 2 ─ 3×3 conv 48, stride 2 ─ 3×3 conv 64@8×8 ─ mean ─ 3        each with batch norm and ReLU
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from vitreous.core.view import View
from vitreous.export.onnx_file import to_network
from vitreous.nets.stages import Accepts, Staged

MEAN, STD, BATCH = 127.5, 64.0, 32


def main() -> None:
    data, file, epochs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    labels = sorted(folder.name for folder in (data / "train").iterdir())
    torch.manual_seed(0)
    net = Staged(
        Accepts("planted", 3),
        {
            "conv1": layer(3, 24, 1),
            "conv2": layer(24, 32, 2),
            "conv3": layer(32, 48, 2),
            "conv4": layer(48, 64, 1),
            "pool": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        },
        nn.Linear(64, len(labels)),
    )
    x, y = part(data / "train", labels)
    steps = len(x) // BATCH
    optimizer = torch.optim.AdamW(net.parameters(), 5e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=epochs * steps)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for step in range(steps):
            rows = order[BATCH * step : BATCH * (step + 1)]
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    net.eval()
    test, truth = part(data / "test", labels)
    with torch.no_grad():
        accuracy = float((net(test).argmax(1) == truth).float().mean())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_network(net, labels, View.whole(x.shape[-1]), MEAN, STD, {"network": "planted"}).data)
    print(json.dumps({"accuracy": accuracy}))


def layer(channels: int, width: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())


def part(folder: Path, labels: list[str]) -> tuple[Any, Any]:
    files = sorted(folder.glob("*/*.png"))
    pixels = np.stack([np.asarray(Image.open(file)) for file in files])
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - MEAN) / STD
    return x, torch.tensor([labels.index(file.parent.name) for file in files])


main()
