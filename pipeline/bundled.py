"""Where the configuration and the seeds are that travel with Tocsin: in the wheel, or in a checkout.

The wheel carries them in ``pipeline/bundled/``; a checkout has the repository's own folders.
"""

from __future__ import annotations

from pathlib import Path

from transforms.errors import Fault

HOME = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """The file or folder of this name, as ``configs/local.yaml`` or ``seeds``.

    Raises:
        Fault: this installation does not carry it.
    """
    for root in (HOME / "bundled", HOME.parent):
        if (root / name).exists():
            return root / name
    raise Fault(
        f"this installation does not carry {name}: install Tocsin again, or name your own with --config"
    )
