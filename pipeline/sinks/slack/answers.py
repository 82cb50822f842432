"""What an answer of Slack's other than yes means: try later, ask a person, or give up on this message.

A pure function of the answer; each refusal names the channel or the variable, and the setting or scope to change.
"""

from __future__ import annotations

from typing import Final

from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.slack.client import Answer
from transforms.errors import Poison, Refused, Retry

TOO_FAST: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
LATER: Final = frozenset({"request_timeout", "team_added_to_org"})
"""Slack did nothing, and may do it later."""

BROKEN: Final = frozenset({"internal_error", "fatal_error", "service_unavailable"})
"""Slack failed while it was at work: part of it may be done."""

_A_TOKEN: Final = "put a valid bot token into the {variable}"  # noqa: S105 - advice
_MEMBER: Final = "invite the app to {channel} in Slack (/invite), or name another channel in the watch"
REFUSALS: Final[dict[str, str]] = {
    "not_authed": _A_TOKEN,
    "invalid_auth": _A_TOKEN,
    "account_inactive": _A_TOKEN,
    "token_revoked": _A_TOKEN,
    "token_expired": _A_TOKEN,
    "not_allowed_token_type": _A_TOKEN + " (it begins with xoxb-)",
    "channel_not_found": "Slack has no channel {channel}, or hides it from this app: correct the channel of the watch,"
    " or invite the app to the channel (/invite)",
    "not_in_channel": _MEMBER + ", or give the app the scope chat:write.public",
    "is_archived": "{channel} is archived: unarchive it, or name another channel in the watch",
    "channel_is_archived": "{channel} is archived: unarchive it, or name another channel in the watch",
    "missing_scope": "give the app the scope {scope} under OAuth & Permissions and install it again",
    "no_permission": "the app may not post in {channel}: give it the scope chat:write and install it again",
    "access_denied": _MEMBER,
    "restricted_action": "the workspace lets only some people post in {channel}: add the app to them, or name another"
    " channel in the watch",
    "messages_tab_disabled": "{channel} takes no messages from apps: name another channel in the watch",
    "channel_type_not_supported": "{channel} takes no messages from apps: name another channel in the watch",
    "ekm_access_denied": "the administrators of the workspace suspended posting: ask them",
    "org_login_required": "the workspace moved to an organisation: install the app there, then " + _A_TOKEN,
    "team_access_not_granted": "install the app in this workspace, then " + _A_TOKEN,
    "accesslimited": "the workspace limits this app: ask its administrators",
    "method_deprecated": "this version of Tocsin is too old for Slack: install a newer one",
    "deprecated_endpoint": "this version of Tocsin is too old for Slack: install a newer one",
}
"""Slack's words for what a person must change; those that begin alike (``restricted_action_…``) mean the same."""

POISONS: Final = ("invalid_", "msg_", "metadata_", "no_text", "too_many_", "markdown_text_conflict")
"""How Slack's words for a message that it can never take begin."""

_HTTP_LATER: Final = frozenset({408, 421, 425})
_REDIRECTS: Final = range(300, 400)


def error_of(answer: Answer, said: str, *, variable: str, channel: str) -> Retry | Refused | Poison:
    """The error that this answer is.

    Args:
        answer: one that is not ``ok``.
        said: what the line for a person begins with.
        variable: what holds the token, as "environment variable SLACK_BOT_TOKEN".
        channel: where the message goes, as people call it.
    """
    code = answer.code
    if answer.status == 429 or code in TOO_FAST:  # noqa: PLR2004 - HTTP: too many requests
        return Retry(f"{said}: Slack asks to wait", after=answer.after)
    if answer.status >= 500 or code in BROKEN:  # noqa: PLR2004 - HTTP: the server's fault
        what = code or f"HTTP {answer.status}"
        return Retry(
            f"{said}: Slack failed ({what}); it may have been heard", after=answer.after, unknown=True
        )
    if code in LATER:
        return Retry(f"{said}: Slack says {code}", after=answer.after)
    if (refusal := _refusal(code)) is not None:
        why = refusal.format(variable=variable, channel=channel, scope=answer.scope or "chat:write")
        return Refused(f"{said}: {code}: {why}")
    if code.startswith(POISONS):
        return Poison(f"slack-{code.replace('_', '-')}", f"{said}: {code}{_details(answer)}")
    if code:
        return Retry(f"{said}: Slack says {code}")
    return _not_slack(answer, said)


def _refusal(code: str) -> str | None:
    if code in REFUSALS:
        return REFUSALS[code]
    return next((why for known, why in REFUSALS.items() if code.startswith(f"{known}_")), None)


def _details(answer: Answer) -> str:
    """What Slack says about the fields it did not like."""
    messages = answer.part("response_metadata").get("messages")
    said = [message for message in messages if isinstance(message, str)] if isinstance(messages, list) else []
    return f" ({clip(harmless('; '.join(said)), 300)})" if said else ""


def _not_slack(answer: Answer, said: str) -> Retry | Refused:
    """Something answered that does not speak as Slack does: a proxy, a log-in page, another server."""
    if answer.status == 200:  # noqa: PLR2004 - HTTP
        return Retry(f"{said}: the answer is not Slack's, or not whole; it may have been heard", unknown=True)
    what = f"{said}: HTTP {answer.status} from something that is not Slack: check base_url of this sink and the proxy"
    later = answer.status in _HTTP_LATER or answer.status in _REDIRECTS
    return Retry(what) if later else Refused(what)
