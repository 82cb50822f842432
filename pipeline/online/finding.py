"""One thing that was found out by asking: what is wrong, where that is written, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.secrets import Place
from pipeline.sinks.hostile import clip, harmless
from transforms.errors import Fault

Kind = Literal["fault", "unreached", "note"]
LONGEST = 1000
NOWHERE = Place()


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        kind: ``fault``: a person must change something; ``unreached``: it could not be found out now; ``note``: good
            to know.
        message: one line.
        place: where that is written.
    """

    kind: Kind
    message: str
    place: Place = NOWHERE

    def __str__(self) -> str:
        said = clip(harmless(self.message), LONGEST)
        return str(Fault(said, path=self.place.path, line=self.place.line, key=self.place.key))
