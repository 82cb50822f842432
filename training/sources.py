"""The sets that the packaged names model learns from and is tested on: what they are, and how they differ.

`prepare.py` reads this; a set is left out with its switch there.
"""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """One set.

    Attributes:
        file: its name under `ner/` in the data folder, without `.jsonl.gz`.
        group: the switch that leaves it out, and its line in the table of scores.
        learnt: False: the whole of it is for testing only.
        titled: its persons may have their title inside the span.
        joined: up to so many neighbouring sentences of one document make one text.
    """

    file: str
    group: str
    learnt: bool = True
    titled: bool = False
    joined: int = 1


SOURCES = (
    Source("gmb", "gmb", titled=True),
    Source("wikigold", "wikigold", joined=4),
    Source("uner-ewt-dev", "uner", joined=4),
    Source("uner-ewt-test", "uner", joined=4),
    Source("gum", "gum", titled=True, joined=4),
    Source("gum-conversation", "gum-conversation", titled=True, joined=4),
    Source("multiner-en", "multiner"),
    Source("crossner-politics", "crossner"),
    Source("crossner-literature", "crossner"),
    Source("crossner-music", "crossner"),
    Source("crossner-science", "crossner"),
    Source("crossner-ai", "crossner"),
    Source("btc-g", "btc"),
    Source("btc-h", "btc"),
    # What it calls an organisation is its own ("United States" as one who acts, "American people").
    *(
        Source(f"re3d-{part}", "re3d", learnt=False, titled=True, joined=4)
        for part in ("centcom", "us-state", "uk-gov", "au-dfat", "eu-delegation", "wikipedia")
    ),
)
GROUPS = tuple(dict.fromkeys(source.group for source in SOURCES))
LABELS = ("PERSON", "ORG", "LOC")
"""All that is learnt: nothing else is marked in every set, so that elsewhere its absence would say nothing."""
