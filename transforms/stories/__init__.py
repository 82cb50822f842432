"""Linking: which story an article belongs to, and how it relates to the coverage so far.

All functions are pure and depend on the set of articles alone, not on the order in which they came: Beam
may reorder, and a story must come out the same. ``member`` is what is known of an article, ``linking`` finds its
story, ``relations`` its place in there.
"""

from transforms.stories.linking import SAME_STORY, Linker, choose_story, likeness
from transforms.stories.member import (
    KEYS,
    Member,
    keys_of,
    member_of,
    outlet_key,
    shingles_of,
    terms_of,
)
from transforms.stories.relations import (
    COPY,
    REWRITE,
    Gathering,
    Place,
    coverage_of,
    independent,
    outlets,
    relate,
    shared_quotes,
)

__all__ = [
    "COPY",
    "KEYS",
    "REWRITE",
    "SAME_STORY",
    "Gathering",
    "Linker",
    "Member",
    "Place",
    "choose_story",
    "coverage_of",
    "independent",
    "keys_of",
    "likeness",
    "member_of",
    "outlet_key",
    "outlets",
    "relate",
    "shared_quotes",
    "shingles_of",
    "terms_of",
]
