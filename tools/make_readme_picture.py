"""Make docs/pictures/answers.png, the picture of the README: what a training on the sample photos gives.

    python tools/make_readme_picture.py

It writes the sample "clothing" into a temporary folder, trains on it with the default settings, and draws 12 of the test photos, as the
network sees them, beside the confusion matrix of all of them. The 12 stand at even distances in the list of the test photos, so none is picked.
"""

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import vitreous as vt
from vitreous.api import answers
from vitreous.core.reporter import Quiet
from vitreous.draw.confusion import draw_confusion, finding, write_classes
from vitreous.draw.evaluation import draw_recalls
from vitreous.draw.photos import MARGIN, Photo, draw_photo_grid, grid_height
from vitreous.draw.theme import LIGHT, TITLE, new_figure, png
from vitreous.runs.tables import PREDICTIONS_CSV, predictions_from_csv
from vitreous.storage.atomic import write_atomically
from vitreous.tasks.classify.answers import Answers
from vitreous.tasks.task import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

TARGET = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "answers.png"
MOST_BYTES = 300_000
PHOTOS, COLUMNS = 12, 4
# Inches: the width of the whole and of its left part; the height of the heading, the space above it, and the part with the recalls.
WIDTH, LEFT, HEAD, TOP, RECALLS = 12.8, 7.4, 0.62, 0.18, 2.5


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary, "photos")
        vt.sample("clothing", data)
        run = vt.train(data, runs=str(Path(temporary, "runs")), reporter=Quiet())
        assert isinstance(run, vt.Run), "the sample has several classes"
        content = _smaller(_drawn(_tested(run, data), run.evaluate()))
    if len(content) > MOST_BYTES:
        raise SystemExit(f"{TARGET.name} has {len(content):,} bytes, more than {MOST_BYTES:,}: draw fewer photos")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(TARGET, content)
    print(f"{os.path.relpath(TARGET)}: {len(content):,} bytes")


def _tested(run: vt.Run, data: Path) -> list[Photo]:
    predictions = predictions_from_csv(Path(run.folder, PREDICTIONS_CSV).read_bytes())
    places = np.linspace(0, len(predictions.paths) - 1, PHOTOS).round().astype(int)
    files = [str(data / predictions.paths[place]) for place in places]
    photos = []
    for place, (answer, decoded) in zip(places, answers(run.network, files), strict=True):
        assert isinstance(answer, Answers) and answer.label is not None and decoded is not None
        photos.append(Photo(decoded.views[0], answer.label, answer.confidence, predictions.labels[place]))
    return photos


def _drawn(photos: list[Photo], evaluation: Evaluation) -> bytes:
    height = HEAD + grid_height(photos, COLUMNS, LEFT)
    with new_figure(WIDTH, height, LIGHT) as figure:
        ((left, right),) = figure.subfigures(1, 2, squeeze=False, width_ratios=(LEFT, WIDTH - LEFT))
        draw_photo_grid(left, photos, COLUMNS, (LEFT, HEAD), LIGHT)
        left.text(MARGIN / LEFT, 1 - TOP / height, "What it says of photos it has never seen", va="top", fontsize=TITLE, weight="bold")
        _draw_scores(right, evaluation, WIDTH - LEFT, height)
    return png(figure)


def _draw_scores(part: "SubFigure", evaluation: Evaluation, width: float, height: float) -> None:
    """The confusion matrix and, below it, the recalls."""
    scores = evaluation.scores
    labels = [each.label for each in scores.per_class]
    (head,), (above,), (below,) = part.subfigures(3, 1, squeeze=False, height_ratios=(HEAD - TOP, height - RECALLS - HEAD + TOP, RECALLS))
    low, high = scores.accuracy_interval
    told = f"{scores.confusion.trace()} of {evaluation.what} right: {100 * scores.accuracy:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
    head.text(0.02, 1 - TOP / (HEAD - TOP), told, va="top", fontsize=TITLE, weight="bold")
    matrix, recalls = above.subplots(), below.subplots()
    draw_confusion(matrix, scores.confusion, labels, (width - 1.0, width - 1.0), LIGHT)
    matrix.set_title(finding(scores.confusion, labels))
    row = (RECALLS - 0.7) / len(labels)
    draw_recalls(recalls, scores.confusion, [each.recall_interval for each in scores.per_class], row, LIGHT)
    write_classes(recalls, labels, row)
    recalls.set_ylim(len(labels) - 0.5, -0.5)


def _smaller(content: bytes) -> bytes:
    """The same picture in 256 colours of its own."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
