"""Who is who on the wire: vendors and consent managers, as data with sources, and the lookups over them."""

from .catalogue import Catalogue, CatalogueError, read_catalogue, shipped_catalogue
from .folders import with_folders
from .indexes import Match
from .models import (
    SCRIPT,
    CallKind,
    Category,
    ConsentCookie,
    ConsentManager,
    DeclaredFormat,
    Endpoint,
    RecordingCall,
    ScriptApi,
    Vendor,
    VendorCookie,
    VendorStorageKey,
)
from .words import BannerWords, MarkWords, banner_words, mark_words

__all__ = [
    "SCRIPT",
    "BannerWords",
    "CallKind",
    "Catalogue",
    "CatalogueError",
    "Category",
    "ConsentCookie",
    "ConsentManager",
    "DeclaredFormat",
    "Endpoint",
    "MarkWords",
    "Match",
    "RecordingCall",
    "ScriptApi",
    "Vendor",
    "VendorCookie",
    "VendorStorageKey",
    "banner_words",
    "mark_words",
    "read_catalogue",
    "shipped_catalogue",
    "with_folders",
]
