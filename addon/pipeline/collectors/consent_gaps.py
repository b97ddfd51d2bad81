"""What a session's end leaves unsaid about its consent."""

from __future__ import annotations

from addon.consent.reader import CONSENT_MODE_ORIGIN, TCF_ORIGIN
from addon.consent.signal import Unread
from addon.consent.stamps import STAMP_ORIGIN
from addon.decode.facts import Surface
from addon.pipeline.session_state import SessionState
from vendor_catalog import ConsentManager

from .collector import Collector

_CLAIMS = (STAMP_ORIGIN, CONSENT_MODE_ORIGIN)


class ConsentGapCollector(Collector):
    """Says where consent could not be read, or is known by hearsay alone."""

    def close(self, session: SessionState) -> None:
        if not session.judged or session.key.surface is Surface.SERVER:
            return
        for manager in session.managers.values():
            self._unreadable(session, manager)
        origins = session.timeline.origins()
        read = [origin for origin in origins if origin in session.speakers or origin not in session.unread]
        if not origins and not session.managers:
            reason = (
                "no consent manager, stamp or other signal of consent was seen, so nothing shows what the person chose"
            )
            self.emitter.gap("no-consent-source", session.site, reason)
        elif read and all(origin in _CLAIMS for origin in read):
            reason = (
                "consent is known only from what the site says of it to others (the messages' own stamps, Google's consent"
                " mode); no signal of a consent manager stands beside that"
            )
            self.emitter.gap("consent-by-stamp-alone", session.site, reason)

    def _unreadable(self, session: SessionState, manager: ConsentManager) -> None:
        """What of a consent manager in use was not read."""
        unread = session.unread.get(manager.id, ())
        if Unread.NO_READER in unread and TCF_ORIGIN not in session.speakers:
            reason = f"{manager.name} is in use, and nobody has told how to read the record that it keeps"
            self.emitter.gap("unreadable-consent", session.site, reason)
        if Unread.ELSEWHERE in unread:
            reason = (
                f"{manager.name} recorded a choice, and a page that was opened afterwards did not carry its cookie: it is kept"
                " where it does not cross the wire, or another window was opened"
            )
            self.emitter.gap("unreadable-consent", session.site, reason)
        if manager.storage == "local-storage":
            reason = f"{manager.name} keeps the answer in the browser's local storage, which never crosses the wire"
            self.emitter.gap("off-wire-consent", session.site, reason)
        elif manager.storage == "cookie-or-local-storage" and manager.id not in session.speakers:
            reason = (
                f"{manager.name} is in use and its cookie was never seen: nobody answered, or the answer is kept in the"
                " browser's local storage, which never crosses the wire"
            )
            self.emitter.gap("off-wire-consent", session.site, reason)


COLLECTOR = ConsentGapCollector
