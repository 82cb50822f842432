"""Topics: subjects as data, and how surely an article is about one.

A topic is a list of signals: groups of words that must meet, and how near. Where they meet in the title or
the lead it says more than further down, what an article repeats adds less each time, and a long article that
comes to speak of it only once is hardly about it.
"""

from transforms.topics.finder import Heard, TopicFinder, Voice, judged
from transforms.topics.opinion import LEAD, SPEAKING, Learnt, Opinions, SecondOpinion
from transforms.topics.rules import Group, Signal, Spoken, TopicRule, Within, in_language, needed

__all__ = [
    "LEAD",
    "SPEAKING",
    "Group",
    "Heard",
    "Learnt",
    "Opinions",
    "SecondOpinion",
    "Signal",
    "Spoken",
    "TopicFinder",
    "TopicRule",
    "Voice",
    "Within",
    "in_language",
    "judged",
    "needed",
]
