"""Alert policy: what the desk should hear, when, and why, given the alert so far.

Decides and touches nothing: the clock is an argument, every decision has a typed reason, also the one to say nothing.
``transforms/policy.py`` is the vocabulary; ``decide`` is what is said, ``timing`` when, ``mute`` what is withheld.
"""

from transforms.desk.decide import Case, Decision, Event, Reason, alert_id, compose, decide, inhibited
from transforms.desk.mute import Silence, silenced
from transforms.policy import Desk, Digests, Escalation, Policy, Quiet, Route, severity_of

__all__ = [
    "Case",
    "Decision",
    "Desk",
    "Digests",
    "Escalation",
    "Event",
    "Policy",
    "Quiet",
    "Reason",
    "Route",
    "Silence",
    "alert_id",
    "compose",
    "decide",
    "inhibited",
    "severity_of",
    "silenced",
]
