"""`use.py`: the few lines beside a `model.onnx` that turn photo files into answers without Vitreous.

It is the decode rule of DESIGN.md 7 for ordinary pictures, pixel for pixel what `vitreous.data.decode` gives: JPEG at a
reduced scale, EXIF orientation, 16 bits to 8, transparent parts over white, RGB, and the part that the run's view shows.
The limits of Vitreous, and its reducing of a JPEG 2000 of over 4 megapixels, are not in it.
"""

from vitreous.core.view import View

_SCRIPT = '''\
"""python use.py PHOTO ... prints label and confidence of each. It needs: pip install pillow numpy onnxruntime"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

model = onnxruntime.InferenceSession(str(Path(__file__).with_name("model.onnx")), providers=["CPUExecutionProvider"])
labels = json.loads(model.get_modelmeta().custom_metadata_map["vitreous"])["labels"]
for path in sys.argv[1:]:
    with Image.open(path) as file:
        file.draft("RGB", ({reduced}, {reduced}))  # a large JPEG is decoded at 1/2, 1/4 or 1/8
        photo = ImageOps.exif_transpose(file)
    if photo.mode.startswith("I"):  # 16 bits to 8
        photo = Image.fromarray((np.asarray(photo, np.float32) * (255 / 65535) + 0.5).astype(np.uint8))
    photo = photo.convert("RGBA")
    white = Image.new("RGB", photo.size, "white")
    white.paste(photo, mask=photo)
{resize}
    (probability,) = model.run(["probability"], {{"image": np.asarray(seen)[None]}})
    label = labels[int(probability[0].argmax())]
    print("".join(c if c.isprintable() else "?" for c in label), f"{{probability[0].max():.4f}}", sep="\\t")
'''
_REDUCED_SIDE = 288  # vitreous.data.decode.REDUCED_SIDE; packages on one level do not import each other
_CROP = """\
    side = min(white.size) * {size} / {short_side}
    left, top = (white.width - side) / 2, (white.height - side) / 2
    seen = white.resize(({size}, {size}), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))"""
_WHOLE = "    seen = white.resize(({size}, {size}), Image.Resampling.BICUBIC)"


def use_script(view: View) -> str:
    """The text of use.py for a model that sees its pictures by this view.

    The model has the input `image` uint8 [N, H, W, 3], the output `probability` [N, K], and the labels in its metadata:
    key "vitreous", a JSON object with `labels`.
    """
    resize = (_CROP if view.kind == "crop" else _WHOLE).format(size=view.size, short_side=view.short_side)
    return _SCRIPT.format(reduced=max(view.short_side, _REDUCED_SIDE), resize=resize)
