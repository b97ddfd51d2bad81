"""What a catalogue file may say. One TOML file is one vendor or one consent manager.

The models are the format's definition: unknown keys are refused, every fact carries its source, and every
endpoint carries addresses that it must match and addresses that it must not. ``docs/catalogue.md`` explains
the format to people who add a file.
"""

from .consent_manager import ConsentManager
from .cookies import ConsentCookie, DeclaredFormat, VendorCookie, VendorStorageKey
from .endpoints import SCRIPT, Endpoint, RecordingCall
from .facts import CallKind, Category
from .script_interfaces import ApiListener, ScriptApi
from .vendor import Vendor

__all__ = [
    "SCRIPT",
    "ApiListener",
    "CallKind",
    "Category",
    "ConsentCookie",
    "ConsentManager",
    "DeclaredFormat",
    "Endpoint",
    "RecordingCall",
    "ScriptApi",
    "Vendor",
    "VendorCookie",
    "VendorStorageKey",
]
