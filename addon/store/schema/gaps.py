"""What a capture could not see: the kinds of blindness. Each row of the table of gaps is of one kind.

``docs/gaps.md`` is made from the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Consequence(StrEnum):
    """What a gap means for whoever wants to say that nothing is wrong."""

    NOTE = "note"
    """What passed by was judged all the same, with less to go by: at most the verdict is ``unproven``."""
    UNREAD = "unread"
    """Something passed by, or was due to, and could not be read: what it held was not judged."""
    UNJUDGED = "unjudged"
    """Something was read and is held against nobody: it is nobody's, or out of scope, or never went out."""
    LOST = "lost"
    """A part of the capture is missing that should be there. No pass, whatever was judged in the rest."""


@dataclass(frozen=True, slots=True)
class GapKind:
    """A kind of blindness."""

    text: str
    """What could not be seen, in whole sentences."""
    consequence: Consequence = Consequence.NOTE
    remedy: str = ""
    """What to do about it: an imperative, in a whole sentence. Every kind that is more than a note has one."""


KINDS: dict[str, GapKind] = {
    "analysis-ended": GapKind(
        "The analysis of a live capture ended and could not be started again, or was not waited for: what came after was not"
        " analysed.",
        Consequence.LOST,
        "Capture it again, and let the analysis finish at the end.",
    ),
    "analysis-restarted": GapKind(
        "The analysis of a live capture ended or stood still, and was started anew with what it had not stored. What it knew of"
        " sessions is lost, so nothing after that is more than unproven.",
        Consequence.LOST,
        "Capture it again for sure verdicts.",
    ),
    "bad-consent": GapKind(
        "A consent cookie, recording call or stamp is broken, or has values of the wrong type. It counts neither as a grant nor as"
        " a cookie that is missing: what hangs on it is unproven."
    ),
    "bad-observation": GapKind(
        "A report of the in-page probe, of an extension or of the tester could not be read, or belongs to no session."
    ),
    "bad-event": GapKind(
        "A message in a batch, or a part of it, could not be read; the others were.",
        Consequence.UNREAD,
        "Look at the message: whatever made it does not keep to the format of its CDP.",
    ),
    "body-too-large": GapKind(
        "A body inflates beyond what is read (8 MiB), or a text in a HAR is longer than what is kept (16 MiB).",
        Consequence.UNREAD,
        "Send less in one request, or look at it by hand.",
    ),
    "broken-flow": GapKind(
        "One flow or HAR entry of a capture file is damaged; the others were read.",
        Consequence.LOST,
        "Record or export the capture again.",
    ),
    "call-not-decoded": GapKind(
        "A call to a vendor whose format is known could not be read, so its events and identifiers are not listed. The call itself"
        " was judged.",
        Consequence.UNREAD,
        "Look at the call by hand; if the vendor has a new format, please report it.",
    ),
    "catalogue-file-unread": GapKind(
        "A file of the catalogue, or of a folder laid over it, does not hold and was left out: what it describes is not known to"
        " this capture. The reason names the file, the key and what is wrong.",
        Consequence.UNREAD,
        "Mend the file; 'consentwire catalog lint' checks it.",
    ),
    "capture-cut-short": GapKind(
        "A live capture was ended by force (killed, no power, no memory): what passed after the last exchange that is stored may be"
        " missing. Its end is the time of that exchange. Or the analysis of a file was.",
        Consequence.LOST,
        "Record the capture again and end it with Ctrl-C; analyse a file again.",
    ),
    "consent-by-stamp-alone": GapKind(
        "Consent on this site or in this app is known only from what the site says of it to others: the messages' own stamps,"
        " Google's consent mode. Nothing independent stands beside them, so a stamp that lies would not be noticed."
    ),
    "consent-states-cut-short": GapKind(
        "A session's consent changed so often, or on so many hosts, that the table consent_states does not list all of it. What each"
        " message, delivery, call and cookie was judged under stands with it all the same."
    ),
    "cookies-stripped": GapKind(
        "The capture does not have the cookies, or their values: browsers leave them out of an exported HAR by default, and tools"
        " take them out ([REDACTED], ***). No consent cookie could be read, and none counts as missing. In Chrome, allow HAR files"
        " with sensitive data in the DevTools settings (Preferences, Network) and export again.",
        Consequence.UNREAD,
        "Export the HAR with its sensitive data, or record with 'consentwire run'.",
    ),
    "fan-out-cut-short": GapKind(
        "One request carried so many messages for so many destinations that the last of them were not followed: what these messages"
        " reached, and whether consent was in force for it, is not known. The messages themselves were judged.",
        Consequence.LOST,
        "Send fewer messages in one request.",
    ),
    "database-moved": GapKind(
        "The database was deleted, renamed or replaced while a capture was written into it. All of it was copied beside it, where"
        " the capture went on."
    ),
    "identities-not-compared": GapKind(
        "Identities could not all be compared across sessions or captures: there were too many, or the policy stores ids hashed,"
        " with a key of each capture's own, so that nobody can tell them to be the same in two captures."
    ),
    "internal-error": GapKind(
        "consentwire failed on an exchange and went on. Please report it.",
        Consequence.LOST,
        "Please report it, with the reason that the gap names.",
    ),
    "mark-contradicted": GapKind(
        "What the tester marked is not what the consent manager's own record shows just after it. The record is believed: the"
        " wrong button may have been pressed, the mark may have been late, or the site stored something else than was chosen."
    ),
    "no-consent-source": GapKind(
        "Nothing showed what the person chose: no consent manager, no stamp. If the site has a consent manager that was not"
        " recognised, name it in the policy."
    ),
    "not-attributed": GapKind(
        "A vendor was called without any sign of which page or app made the call, so nobody is accused of it.",
        Consequence.UNJUDGED,
        "Record with the request headers (Origin, Referer, Sec-Fetch-Site) and with the page's own requests.",
    ),
    "not-sent": GapKind(
        "A vendor would have been called, but nothing went out: the browser or an extension blocked the request, or the answer came"
        " from the browser's cache. It was not judged.",
        Consequence.UNJUDGED,
        "Record without a content blocker and with the browser's cache turned off.",
    ),
    "off-wire-consent": GapKind("The consent manager keeps the answer in local storage, which never crosses the wire."),
    "out-of-scope": GapKind(
        "Exchanges outside the policy's [scope]; neither judged nor stored.",
        Consequence.UNJUDGED,
        "Name the site or app under [scope] in the policy, if it should be judged.",
    ),
    "page-clock": GapKind(
        "A page's clock differs from the capture's, so what its probe observed is placed by its arrival: times may be late by"
        " as long as a report takes."
    ),
    "passed-through": GapKind(
        "A client refused the proxy's certificate for a host, although the device trusts it otherwise: its program works with its own"
        " authorities alone. What it sends there passes through unread, so that it goes on to work; nothing is known about it.",
        Consequence.UNREAD,
        "Use a build of the app that accepts the proxy's certificate.",
    ),
    "page-broken-off": GapKind(
        "A page was broken off on its way through the proxy, so that the browser shows an error: its body is not what it says, or"
        " inflates far beyond what pages do. The reason says which.",
        Consequence.UNREAD,
        "Look at the page's body; leave the probe out (--no-probe) to let it pass as it is.",
    ),
    "probe-left-out": GapKind(
        "The in-page probe was not put into a page, so what was stored and clicked there is known from the wire alone. The reason"
        " says why: the page's security policy would not let it report, no certain place for it was found, or the page could not be"
        " read."
    ),
    "not-searched": GapKind(
        "A message or call was too large, or held too much, to be searched for personal data to its end. What was found up to there"
        " counts."
    ),
    "records-lost": GapKind(
        "The disk or the analysis did not keep up, or refused records: the disk was full, or another program held the database to"
        " the end. What could not even be written into the database is noted in a file beside it, NAME-lost, which the next"
        " command takes in.",
        Consequence.LOST,
        "Record again, with room on the disk and less traffic at a time.",
    ),
    "settings-not-seen": GapKind(
        "A source's settings never passed by (bundled, cached, or a server), so not all of its destinations are known and"
        " its fan-out is incomplete."
    ),
    "tls-refused": GapKind(
        "A client refused the proxy's certificate, or left after the handshake without a word: the app pins its own, or ignores"
        " user certificates, or the CA is not trusted on the device. The reason says which is likely.",
        Consequence.UNREAD,
        "Install and trust the proxy's certificate on the device, or use a build of the app that accepts it.",
    ),
    "truncated-capture": GapKind(
        "A capture file ends early, or stops making sense; what stands before was read.",
        Consequence.LOST,
        "Record or export the capture again, and end the recording before the file is copied.",
    ),
    "undecodable-body": GapKind(
        "A body of a CDP's endpoint is cut short, of an unknown encoding, or no JSON.",
        Consequence.UNREAD,
        "Record with whole bodies, and look at the request by hand.",
    ),
    "unknown-destination": GapKind(
        "Nobody knows what a destination is for: it has no category in the workspace and is not in the catalogue. Declare it"
        " under [destinations] in the policy."
    ),
    "unknown-format": GapKind(
        "A cookie has the name of a consent manager's, but not its format: what it says is not known, and what hangs on it is"
        " unproven."
    ),
    "unmapped-category": GapKind(
        "A consent manager or stamp speaks of a category that nothing maps to ours. Add it under [categories] in the policy;"
        " until then, what hangs on it is unproven."
    ),
    "unreadable-consent": GapKind(
        "A consent manager is in use whose record is not read (nobody has told its format), or a choice was recorded and its cookie"
        " was not on the requests that came later. What hangs on it is unproven: that a cookie was missing is nothing that could"
        " have been seen."
    ),
    "websocket": GapKind(
        "Messages over a WebSocket are not read.",
        Consequence.UNREAD,
        "Look at the messages by hand, or make the page send them over HTTP while it is tested.",
    ),
}
"""What each kind of gap is, and what it means for a pass: a new kind is a new entry, and nothing else."""

_OF_ANOTHER_VERSION = GapKind(
    "A gap of a kind that this version of consentwire does not know.", Consequence.UNREAD, "Update consentwire."
)


def kind_of(kind: str) -> GapKind:
    """What a gap's kind is; one that nobody knows is taken for something that was not read."""
    return KINDS.get(kind, _OF_ANOTHER_VERSION)
