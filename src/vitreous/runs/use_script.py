"""`use.py`: the few lines beside a `model.onnx` that turn photo files into answers without Vitreous.

It is the decode rule of DESIGN.md 7 for ordinary pictures, pixel for pixel what `vitreous.data.decode` gives: JPEG at a
reduced scale, EXIF orientation, 16 bits to 8, transparent parts over white, RGB, and the part that the run's view shows.
The limits of Vitreous, and its reducing of a JPEG 2000 of over 4 megapixels, are not in it. A decision that `vitreous decide` stored in
the model is obeyed, as `vitreous.metrics.decision_rule` has it; and so are the thresholds of several labels.
"""

from vitreous.core.view import View

_HEAD = '''\
"""python use.py PHOTO ... prints label and confidence of each. It needs: pip install pillow numpy onnxruntime"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

model = onnxruntime.InferenceSession(str(Path(__file__).with_name("model.onnx")), providers=["CPUExecutionProvider"])
about = model.get_modelmeta().custom_metadata_map
'''
_ONE = '''\
labels, decision = json.loads(about["vitreous"])["labels"], json.loads(about.get("decision", "{{}}"))


def answer(p):
    """The class that is said for these probabilities, by the decision in the model where there is one; None: I don't know."""
    if "costs" in decision:
        return decision["answers"][int((p @ np.array(decision["costs"])).argmin())]
    if "label" in decision:
        own = labels.index(decision["label"])
        p[own] = 2 if p[own] >= decision["threshold"] else -1
    elif p.max() < decision.get("threshold", 0):
        return None
    return labels[int(p.argmax())]


'''
_SEVERAL = """\
labels, thresholds = (json.loads(about["vitreous"])[key] for key in ("labels", "thresholds"))

"""
_ONE_CLASS = """\
facts = json.loads(about["vitreous"])
known = sorted(facts["known"])  # scores of good pictures that the model was not made from
limit = known[int(np.ceil((len(known) + 1) * (1 - facts["rate"]) - 1e-9)) - 1]

"""
_LOOP = """\
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
"""
_PROBABILITY = """\
    (probability,) = model.run(["probability"], {{"image": np.asarray(seen)[None]}})
"""
_SAY_ONE_CLASS = """\
    (score,) = model.run(["score"], {{"image": np.asarray(seen)[None]}})
    print("odd" if score[0] > limit else "ordinary", f"{{score[0] / limit:.4f}}", sep="\\t")
"""
_SAY_ONE = """\
    label = answer(probability[0].astype(float))
    sure = probability[0].max() if label is None else probability[0][labels.index(label)]
    text = decision["unknown"] if label is None else label
    print("".join(c if c.isprintable() else "?" for c in text), f"{{sure:.4f}}", sep="\\t")
"""
_SAY_SEVERAL = """\
    said = [k for k in np.argsort(-probability[0]) if probability[0][k] >= thresholds[k]]
    texts = ["".join(c if c.isprintable() else "?" for c in labels[k]) + f"\\t{{probability[0][k]:.4f}}" for k in said]
    print("\\t".join(texts) or "none")
"""
_REDUCED_SIDE = 288  # vitreous.data.decode.REDUCED_SIDE; packages on one level do not import each other
_CROP = """\
    side = min(white.size) * {size} / {short_side}
    left, top = (white.width - side) / 2, (white.height - side) / 2
    seen = white.resize(({size}, {size}), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))"""
_WHOLE = "    seen = white.resize(({size}, {size}), Image.Resampling.BICUBIC)"


def use_script(view: View) -> str:
    """The text of use.py for a model that sees its pictures by this view and gives one label.

    The model has the input `image` uint8 [N, H, W, 3], the output `probability` [N, K], and the labels in its metadata:
    key "vitreous", a JSON object with `labels`; and under the key "decision", where there is one, the JSON of a `StoredRule`.
    """
    return _written(view, _HEAD + _ONE + _LOOP + _PROBABILITY + _SAY_ONE)


def use_script_for_several(view: View) -> str:
    """The same for a model that gives several labels: those whose probability reaches the threshold in the metadata, `thresholds`."""
    return _written(view, _HEAD + _SEVERAL + _LOOP + _PROBABILITY + _SAY_SEVERAL)


def use_script_for_one_class(view: View) -> str:
    """The same for a model of one class: ordinary or odd, and the score in units of the limit, which is a rank among `known` in the metadata."""
    return _written(
        view, _HEAD.replace("label and confidence", "ordinary or odd, and the score as a share of the limit,") + _ONE_CLASS + _LOOP + _SAY_ONE_CLASS
    )


def _written(view: View, script: str) -> str:
    resize = (_CROP if view.kind == "crop" else _WHOLE).format(size=view.size, short_side=view.short_side)
    return script.format(reduced=max(view.short_side, _REDUCED_SIDE), resize=resize)
