"""What is recorded of a training is what the schemas say, and they refuse what is not."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import NAMES, made_bench, never, nothing

from vitreous.training.loop import train
from vitreous.training.position import Position

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


@pytest.fixture(scope="module")
def position() -> Position:
    found = Position()
    train(made_bench(dropout=0.2), found, NAMES, never, nothing)
    return found


@pytest.mark.parametrize("name", ["history", "steps"])
def test_every_line_is_what_its_schema_says_and_each_field_is_needed(name: str, position: Position) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    lines = json.loads(json.dumps(getattr(position, name)))
    assert len(lines) >= 3
    for line in lines:
        jsonschema.validate(line, schema)
    for wrong in ({key: value for key, value in lines[0].items() if key != missing} for missing in lines[0]):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lines[0] | {"rate": "auto"}, schema)
