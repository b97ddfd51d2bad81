"""The live door: mitmproxy's hooks -> exchanges -> the analysis, and what it finds -> mitmproxy's own UI.

Load this file with ``mitmdump -s "$(consentwire addon-path)"`` or let ``consentwire run`` do it. Each addon here has one
concern, and :class:`ConsentWire` is their sum. A hook only puts its flow aside: several times a second what has gathered goes
to the analysis, which runs in a process of its own and writes the database. Nothing here waits for it, for the disk, or raises
into mitmproxy.
"""

from addon.live.door import ConsentWire
from addon.live.marks import LogReporter, Reporter

__all__ = ["ConsentWire", "LogReporter", "Reporter", "addons"]

addons = [ConsentWire()]
