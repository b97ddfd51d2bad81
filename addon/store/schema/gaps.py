"""What a capture could not see: the kinds of blindness, and the table of gaps, each of which is of one kind.

``docs/gaps.md`` is made from the kinds.
"""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

KINDS: dict[str, str] = {
    "analysis-ended": (
        "The analysis of a live capture ended and could not be started again, or was not waited for: what came after was not"
        " analysed. Capture it again."
    ),
    "analysis-restarted": (
        "The analysis of a live capture ended or stood still, and was started anew with what it had not stored. What it knew of"
        " sessions is lost, so nothing after that is more than unproven. For sure verdicts, capture it again."
    ),
    "bad-consent": "A consent cookie, recording call or stamp is broken, or has values of the wrong type. It counts as no grant.",
    "bad-observation": (
        "A report of the in-page probe, of an extension or of the tester could not be read, or belongs to no session."
    ),
    "bad-event": "A message in a batch, or a part of it, could not be read; the others were.",
    "body-too-large": "A body inflates beyond what is read (8 MiB).",
    "broken-flow": "One flow or HAR entry of a capture file is damaged; the others were read.",
    "call-not-decoded": (
        "A call to a vendor whose format is known could not be read, so its events and identifiers are not listed. The call itself"
        " was judged."
    ),
    "catalogue-file-unread": (
        "A file of the catalogue, or of a folder laid over it, does not hold and was left out: what it describes is not known to"
        " this capture. The reason names the file, the key and what is wrong."
    ),
    "capture-cut-short": (
        "A live capture was ended by force (killed, no power, no memory): what passed after the last exchange that is stored may be"
        " missing. Its end is the time of that exchange. Or the analysis of a file was: analyse it again."
    ),
    "consent-by-stamp-alone": (
        "Consent on this site or in this app is known only from what the site says of it to others: the messages' own stamps,"
        " Google's consent mode. Nothing independent stands beside them, so a stamp that lies would not be noticed."
    ),
    "cookies-stripped": (
        "The HAR has no cookies, as browsers export it by default, so no consent cookie could be read. In Chrome, allow HAR"
        " files with sensitive data in the DevTools settings (Preferences, Network) and export again."
    ),
    "fan-out-cut-short": (
        "One request carried so many messages for so many destinations that the last of them were not followed: what these messages"
        " reached, and whether consent was in force for it, is not known. The messages themselves were judged."
    ),
    "database-moved": (
        "The database was deleted, renamed or replaced while a capture was written into it. All of it was copied beside it, where"
        " the capture went on."
    ),
    "identities-not-compared": (
        "Identities could not all be compared across sessions or captures: there were too many, or the policy stores ids hashed,"
        " with a key of each capture's own, so that nobody can tell them to be the same in two captures."
    ),
    "internal-error": "consentwire failed on an exchange and went on. Please report it.",
    "mark-contradicted": (
        "What the tester marked is not what the consent manager's own record shows just after it. The record is believed: the"
        " wrong button may have been pressed, the mark may have been late, or the site stored something else than was chosen."
    ),
    "no-consent-source": (
        "Nothing showed what the person chose: no consent manager, no stamp. If the site has a consent manager that was not"
        " recognised, name it in the policy."
    ),
    "not-attributed": "A vendor was called without any sign of which page or app made the call, so nobody is accused of it.",
    "off-wire-consent": "The consent manager keeps the answer in local storage, which never crosses the wire.",
    "out-of-scope": "Exchanges outside the policy's [scope]; neither judged nor stored.",
    "page-clock": (
        "A page's clock differs from the capture's, so what its probe observed is placed by its arrival: times may be late by"
        " as long as a report takes."
    ),
    "probe-left-out": "The in-page probe was not put into a page, because its own security policy would not let it report.",
    "not-searched": (
        "A message or call was too large, or held too much, to be searched for personal data to its end. What was found up to there"
        " counts."
    ),
    "records-lost": (
        "The disk or the analysis did not keep up, or refused records: the disk was full, or another program held the database to"
        " the end. What could not even be written into the database is noted in a file beside it, NAME-lost, which the next"
        " command takes in."
    ),
    "settings-not-seen": (
        "A source's settings never passed by (bundled, cached, or a server), so not all of its destinations are known and"
        " its fan-out is incomplete."
    ),
    "tls-refused": (
        "A client refused the proxy's certificate, or left after the handshake without a word: the app pins its own, or ignores"
        " user certificates, or the CA is not trusted on the device. The reason says which is likely."
    ),
    "truncated-capture": "A capture file ends early, or stops making sense; what stands before was read.",
    "undecodable-body": "A body of a CDP's endpoint is cut short, of an unknown encoding, or no JSON.",
    "unknown-destination": (
        "Nobody knows what a destination is for: it has no category in the workspace and is not in the catalogue. Declare it"
        " under [destinations] in the policy."
    ),
    "unknown-format": "A cookie has the name of a consent manager's, but not its format.",
    "unmapped-category": (
        "A consent manager or stamp speaks of a category that nothing maps to ours. Add it under [categories] in the policy;"
        " until then, what hangs on it is unproven."
    ),
    "websocket": "Messages over a WebSocket are not read.",
}

LOSSES = frozenset({"analysis-ended", "analysis-restarted", "capture-cut-short", "records-lost"})
"""Kinds that say that a part of the capture itself is missing, or its verdicts are less sure than they would have been."""

TABLES = (
    Table(
        "gaps",
        "What the capture could not see.",
        records.GapRecord,
        {
            "id": own_id("Number of the gap."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "exchange_id": reference("exchanges", "The exchange that shows it, where one does."),
            "kind": Column("text", "What kind of blindness; docs/gaps.md names them.", required=True),
            "host": Column("text", "Host, site or app concerned."),
            "reason": Column("text", "What could not be seen, and what to do."),
        },
        indexes=(("capture_id", "kind"), ("exchange_id",)),
    ),
)
