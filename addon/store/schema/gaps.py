"""What a capture could not see: the kinds of blindness. Each row of the table of gaps is of one kind.

``docs/gaps.md`` is made from the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Consequence(StrEnum):
    """What a gap means for whoever wants to say that nothing is wrong."""

    NOTE = "note"
    """The traffic was judged all the same, with less evidence: at worst a verdict is ``unproven``."""
    UNREAD = "unread"
    """Something was sent, or should have been, and could not be read: its content was not judged."""
    UNJUDGED = "unjudged"
    """Something was read but not judged: its page is unknown, it is out of scope, or it was never sent."""
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
        "The analysis of a live capture ended or hung, and was started again with the exchanges that were not stored yet. Its knowledge"
        " of the sessions is lost, so every later verdict is unproven at most.",
        Consequence.LOST,
        "Record the capture again to get certain verdicts.",
    ),
    "bad-consent": GapKind(
        "A consent cookie, recording call or stamp is broken, or has values of the wrong type. It counts neither as a grant nor as"
        " a missing cookie: verdicts that depend on it are unproven."
    ),
    "bad-observation": GapKind(
        "A report of the in-page probe, of an extension or of the tester could not be read, or belongs to no session."
    ),
    "bad-event": GapKind(
        "A message in a batch, or a part of a message, could not be read; the other messages were.",
        Consequence.UNREAD,
        "Look at the message: its sender does not follow the CDP's format.",
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
    "browser-extension": GapKind(
        "An extension of the browser called a vendor, and no page did: its origin (chrome-extension://, moz-extension://,"
        " safari-web-extension://) or, in a HAR, what initiated the request says so. No site is held responsible for it.",
        Consequence.UNJUDGED,
        "Record in a browser without extensions.",
    ),
    "call-not-decoded": GapKind(
        "A call to a vendor whose format is known could not be read, so its events and identifiers are not listed. The call itself"
        " was judged.",
        Consequence.UNREAD,
        "Look at the call by hand; if the vendor has a new format, please report it.",
    ),
    "catalogue-file-unread": GapKind(
        "A file of the catalogue, or of a folder of your own, has an error and was left out, so this capture was judged without it."
        " The reason names the file, the key and the error.",
        Consequence.UNREAD,
        "Correct the file; 'consentwire catalog lint' checks it.",
    ),
    "capture-cut-short": GapKind(
        "A live capture, or the analysis of a file, was ended by force (killed, no power, no memory). What came after the last stored"
        " exchange may be missing; the capture's end is the time of that exchange.",
        Consequence.LOST,
        "Record the capture again and end it with Ctrl-C; analyse a file again.",
    ),
    "consent-by-stamp-alone": GapKind(
        "Consent on this site or in this app is known only from the site's own statements to others: the stamps in messages, Google's"
        " consent mode. There is no independent evidence, so a false stamp would not be noticed."
    ),
    "consent-states-cut-short": GapKind(
        "A session's consent changed so often, or on so many hosts, that the table consent_states does not list all of it. The state"
        " under which each message, delivery, call and cookie was judged is stored with it all the same."
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
        "The database was deleted, renamed or replaced while a capture was written into it. Its content was copied into a new file"
        " beside it, where the capture went on."
    ),
    "identities-not-compared": GapKind(
        "Identities could not all be compared across sessions or captures: there were too many, or the policy stores ids hashed,"
        " with a different key in each capture, so the same id cannot be recognised in two captures."
    ),
    "frame-or-page": GapKind(
        "A document of another site named an open page as its referrer, and the browser sent no Sec-Fetch-Dest: it is a frame in that"
        " page, or a page of its own to which a link led. What it called is held to the consent of the page that it named, and is"
        " unproven at most."
    ),
    "internal-error": GapKind(
        "consentwire failed on an exchange and went on. Please report it.",
        Consequence.LOST,
        "Please report it, with the reason that the gap names.",
    ),
    "library-held-back": GapKind(
        "A CDP's library was started and sent no message, and the person had refused, or had to answer first: whether that held its"
        " messages back, or the browser says that it is offline, cannot be told."
    ),
    "library-silent": GapKind(
        "A CDP's library was fetched, or asked for its source's settings, and sent no message in its session. Libraries keep their messages"
        " where the browser says that it is offline (navigator.onLine is false, as in a container with loopback alone), and lose them where"
        " a page is left at once. What would have been sent, and under which consent, is not known.",
        Consequence.LOST,
        "Record with a network interface beside loopback ('consentwire doctor' looks for one), and keep the page open until its messages"
        " are sent.",
    ),
    "mark-contradicted": GapKind(
        "The tester's mark differs from the consent manager's own record just after it. The record is believed: the wrong button may"
        " have been pressed, the mark may have been late, or the site stored something other than the choice."
    ),
    "no-consent-source": GapKind(
        "Nothing showed what the person chose: no consent manager, no stamp. If the site has a consent manager that was not"
        " recognised, name it in the policy."
    ),
    "not-attributed": GapKind(
        "A vendor was called without any sign of which page or app made the call, so no site is held responsible for it.",
        Consequence.UNJUDGED,
        "Record with the request headers (Origin, Referer, Sec-Fetch-Site) and with the page's own requests.",
    ),
    "not-sent": GapKind(
        "A vendor would have been called, but nothing went out: the browser or an extension blocked the request, its host was not"
        " reached (DNS, no connection), or the answer came from a cache, a service worker or an override. It was not judged. A response"
        " that was checked with the server (304), what a service worker fetched from the network, and a request whose response was given"
        " up did go out, and are judged.",
        Consequence.UNJUDGED,
        "Record without a content blocker, with the network reachable and with the browser's cache turned off.",
    ),
    "off-wire-consent": GapKind("The consent manager keeps the answer in local storage, which never crosses the wire."),
    "out-of-scope": GapKind(
        "Exchanges outside the policy's [scope]; neither judged nor stored.",
        Consequence.UNJUDGED,
        "Name the site or app under [scope] in the policy, if it should be judged.",
    ),
    "page-clock": GapKind(
        "A page's clock differs from the capture's, so the probe's observations are dated by their arrival: their times may be late by"
        " as long as a report takes."
    ),
    "passed-through": GapKind(
        "A client refused the proxy's certificate for a host, although the device trusts it otherwise: the program accepts its own"
        " certificates only. Its traffic with that host passes through unread, so that it works; its content is unknown. In a session of"
        " Charles: SSL Proxying was not enabled for the host.",
        Consequence.UNREAD,
        "Use a build of the app that accepts the proxy's certificate.",
    ),
    "page-broken-off": GapKind(
        "A page was broken off on its way through the proxy, so the browser shows an error: its body does not match its stated"
        " encoding, or inflates far beyond what pages do. The reason says which.",
        Consequence.UNREAD,
        "Look at the page's body; leave the probe out (--no-probe) to let it pass as it is.",
    ),
    "probe-left-out": GapKind(
        "The in-page probe was not put into a page, so what was stored and clicked there is known from the traffic alone. The reason"
        " says why: the page's security policy would not let the probe report, no certain place for it was found, or the page could"
        " not be read."
    ),
    "not-searched": GapKind(
        "A message or call was too large, or held too many values, to be searched for personal data to its end. What was found before"
        " that counts."
    ),
    "records-lost": GapKind(
        "The disk or the analysis did not keep up, or refused records: the disk was full, or another program held the database to"
        " the end. What could not even be written into the database is noted in a file beside it, NAME-lost, which the next"
        " command takes in.",
        Consequence.LOST,
        "Record again, with room on the disk and less traffic at a time.",
    ),
    "settings-not-seen": GapKind(
        "A source's settings are not in the capture (bundled, cached, or used by a server), so not all of its destinations are known"
        " and its fan-out is incomplete."
    ),
    "tls-refused": GapKind(
        "A client refused the proxy's certificate, or closed the connection after the handshake without sending anything: the app pins"
        " its own certificate or ignores user certificates, or the device does not trust the CA. The reason says which is likely.",
        Consequence.UNREAD,
        "Install and trust the proxy's certificate on the device, or use a build of the app that accepts it.",
    ),
    "truncated-capture": GapKind(
        "A capture file ends early or is damaged from some place on; everything before that was read.",
        Consequence.LOST,
        "Record or export the capture again, and end the recording before the file is copied.",
    ),
    "undecodable-body": GapKind(
        "A body of a CDP's endpoint is cut short, of an unknown encoding, or no JSON.",
        Consequence.UNREAD,
        "Record with whole bodies, and look at the request by hand.",
    ),
    "unknown-destination": GapKind(
        "The purpose of a destination is unknown: it has no category in the workspace and is not in the catalogue. Declare it under"
        " [destinations] in the policy."
    ),
    "unknown-format": GapKind(
        "A cookie has the name of a consent manager's cookie, but not its format: its meaning is unknown, and verdicts that depend on it"
        " are unproven."
    ),
    "unmapped-category": GapKind(
        "A consent manager or stamp uses a category that is mapped to none of ours. Add it under [categories] in the policy; until"
        " then, verdicts that depend on it are unproven."
    ),
    "unreadable-consent": GapKind(
        "A consent manager is in use whose record cannot be read (its format is unknown), or a choice was recorded but later requests"
        " did not carry its cookie. Verdicts that depend on it are unproven: whether the cookie was missing could not be observed."
    ),
    "websocket": GapKind(
        "Something that was sent over a WebSocket was not read: it is binary, too long, or in no known format, or the capture does not"
        " have the messages. Text messages of a CDP (one by one or in batches) are read and judged as requests are.",
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
