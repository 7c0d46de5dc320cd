"""An evaluation as a picture."""

from typing import TYPE_CHECKING, Literal

from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.tasks.task import Evaluation


def evaluation_picture(evaluation: "Evaluation", form: Literal["png", "svg"] = "png", appearance: Literal["light", "dark"] = "light") -> bytes:
    """The confusion matrix beside the recall of each class with its 95 % interval, as a file of 1280 pixels in width.

    Raises UsageError for several labels, of which no confusion matrix is known.
    """
    from vitreous.draw.evaluation import evaluation_picture as draw
    from vitreous.draw.theme import DARK, LIGHT, encoded

    scores = evaluation.scores
    if not hasattr(scores, "confusion"):
        raise UsageError(
            "--picture shows a confusion matrix", "several labels for a picture have none", remedy="report.html shows what is missed for what"
        )
    title = f"{evaluation.headline()} on {evaluation.what}"
    labels, intervals = [each.label for each in scores.per_class], [each.recall_interval for each in scores.per_class]
    figure = draw(scores.confusion, labels, intervals, title, DARK if appearance == "dark" else LIGHT)
    return encoded(figure, form)
