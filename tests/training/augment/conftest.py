"""The tests of this folder find made_pictures.py beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
