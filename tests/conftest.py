"""What all tests share: the doubles and fixtures of this folder are found, and what is tested may be installed."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:
    sys.path.append(ROOT)  # at the end: an installed Tocsin comes before the checkout
