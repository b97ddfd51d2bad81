"""The pipeline: one exchange in, records out. The same for a live capture and for a file.

door -> Exchange -> decode, consent -> judge -> records for the store. Nothing here reads a clock or does I/O: time comes
with the exchanges, so the same capture gives the same records, twice. Of what a capture shows, this package keeps what
rules need to know: whose session it is (``sessions``, ``session_state``), what each source's settings say (``sources``), where
its messages go on (``deliveries``). What is found and judged is added by ``collectors``, a module for each kind of fact; the order
of it all stands in ``Pipeline._process`` and ``Pipeline.close``.
"""

from .pipeline import Pipeline
from .traits import CaptureTraits

__all__ = ["CaptureTraits", "Pipeline"]
