"""The policy file, ``consentwire.toml``: what the wire cannot know, written down by the people who do.

Everything is optional. A wrong key, category, vendor or rule is refused with its place in the file and what was
expected, because a policy that is silently half read would change verdicts.
"""

from .allowances import CookieLimits, PersonalDataAllowed
from .catalogue import catalogue_with
from .destinations import Destination
from .document import Policy
from .file import PolicyError, parse_policy, read_policy_and_catalogue
from .general import in_region
from .sites import IngestionHost
from .storage import Storage
from .suppressions import Suppression

__all__ = [
    "CookieLimits",
    "Destination",
    "IngestionHost",
    "PersonalDataAllowed",
    "Policy",
    "PolicyError",
    "Storage",
    "Suppression",
    "catalogue_with",
    "in_region",
    "parse_policy",
    "read_policy_and_catalogue",
]
