"""In scikit-learn's pipelines: cloned, searched, pickled, checked by its own checks where they apply."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import WIDTH, colourful

import vitreous as vt
from vitreous.errors import DataError, UnreadableImage, UsageError
from vitreous.sklearn import ImageClassifier, ImageFeatures

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def files(tmp_path: Path) -> tuple[list[str], list[str]]:
    folder = colourful(tmp_path / "photos", {"red": 30, "blue": 30})
    paths = sorted(folder.glob("*/*"))
    return [str(path) for path in paths], [path.parent.name for path in paths]


@pytest.mark.filterwarnings("ignore")  # that scikit-learn has no checks for estimators of texts
@pytest.mark.parametrize("estimator", [ImageFeatures(), ImageClassifier()], ids=["features", "classifier"])
def test_scikit_learns_own_checks_pass_where_they_apply(estimator: object) -> None:
    check_estimator(estimator)


def test_features_are_those_of_the_function(files: tuple[list[str], list[str]], model: Path, tmp_path: Path) -> None:
    transformer = ImageFeatures(str(model), stage="positive", pool="max").fit(files[0])
    expected = vt.features(tmp_path / "photos", net=str(model), stage="positive", pool="max")
    assert (transformer.transform(files[0]) == expected.values).all()
    assert transformer.get_feature_names_out().tolist() == [f"f{k}" for k in range(WIDTH)]
    column = np.array(files[0], dtype=object)[:, None]
    assert (transformer.transform(column) == expected.values).all()
    assert (pickle.loads(pickle.dumps(transformer)).transform(files[0]) == expected.values).all()


def test_they_work_in_a_pipeline_and_a_grid_search(files: tuple[list[str], list[str]], model: Path) -> None:
    pipeline = make_pipeline(ImageFeatures(str(model)), StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"imagefeatures__stage": [None, "positive"], "logisticregression__C": [0.1, 1.0]}, cv=3)
    search.fit(*files)
    assert search.best_score_ > 0.7 and set(search.predict(files[0][:4])) <= {"red", "blue"}


def test_the_classifier_learns_and_its_probabilities_are_some(files: tuple[list[str], list[str]], model: Path) -> None:
    classifier = ImageClassifier(str(model))
    assert cross_val_score(clone(classifier), *files, cv=3).mean() > 0.7
    classifier.fit(*files)
    probability = classifier.predict_proba(files[0])
    assert probability.shape == (60, 2) and np.allclose(probability.sum(1), 1, atol=1e-6) and classifier.classes_.tolist() == ["blue", "red"]
    assert (classifier.predict(files[0]) == classifier.classes_[probability.argmax(1)]).all()
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(files[0]) == probability).all()


def test_numbers_may_be_labels(files: tuple[list[str], list[str]], model: Path) -> None:
    numbers = np.array([3 if label == "red" else 7 for label in files[1]])
    assert set(ImageClassifier(str(model)).fit(files[0], numbers).predict(files[0])) <= {3, 7}


def test_what_cannot_be_is_said(files: tuple[list[str], list[str]], model: Path, tmp_path: Path) -> None:
    names, labels = files
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableImage, match=r"1 file of X cannot be read: X\[1\] .*broken\.png"):
        ImageFeatures(str(model)).fit(names).transform([names[0], tmp_path / "broken.png"])
    with pytest.raises(UsageError, match="X is one name"):
        ImageFeatures(str(model)).fit(names[0])
    with pytest.raises(UsageError, match=r"X is no column of names: an array \[4, 3\] of float64"):
        ImageFeatures(str(model)).fit(np.zeros((4, 3)))
    with pytest.raises(UsageError, match="X and y differ in length: 60 files and 59 labels"):
        ImageClassifier(str(model)).fit(names, labels[:-1])
    with pytest.raises(DataError, match="nothing to tell apart: 1 class in y"):
        ImageClassifier(str(model)).fit(names, ["a"] * 60)
    with pytest.raises(DataError, match="all files of X are copies"):
        ImageClassifier(str(model)).fit([names[0]] * 8, ["a", "b"] * 4)
    with pytest.raises(UsageError, match="did you mean 'positive'"):
        ImageFeatures(str(model), stage="positif").fit(names)
