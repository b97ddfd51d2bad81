"""Who is who on the wire: vendors and consent managers, as data with sources, and the lookups over them."""

from .catalogue import Catalogue, CatalogueError, Match, read_catalogue, shipped_catalogue
from .models import (
    CallKind,
    Category,
    ConsentCookie,
    ConsentManager,
    DeclaredFormat,
    Endpoint,
    RecordingCall,
    Vendor,
    VendorCookie,
)

__all__ = [
    "CallKind",
    "Catalogue",
    "CatalogueError",
    "Category",
    "ConsentCookie",
    "ConsentManager",
    "DeclaredFormat",
    "Endpoint",
    "Match",
    "RecordingCall",
    "Vendor",
    "VendorCookie",
    "read_catalogue",
    "shipped_catalogue",
]
