"""FQL, the language of Segment's destination filters and of the subscriptions of action destinations -> conditions.

There are two evaluators on the wire, and they disagree: destination filters come compiled (``ir``) and are run by tsub (in the page)
or by Segment's servers; subscriptions come as text and are run by destination-subscriptions. Each has a module here. A condition
answers yes or no only where its evaluators certainly do; everything else, from an operator that is not known to a value that only
Segment's servers see, makes it ``None``.
"""

from .compiled import compiled
from .subscribed import subscribed

__all__ = ["compiled", "subscribed"]
