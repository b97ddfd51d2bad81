"""What is judged: an act of the site or app, at a moment, with what it needs consent for."""

from .act import Act, Place
from .calls import MAX_EVENT_NAME, CallAct, HandoverAct, RegionAct, TrackingDomainAct, WorkspaceTokenAct
from .consent import ConsentModeAct, ConsentStringAct, RecordAct, WithdrawalAct
from .cookies import STORAGE, CookieAct, LastingCookieAct
from .deliveries import DeliveryAct, MappingAct, WarehouseAct
from .messages import ConflictAct, EventAct
from .personal_data import PersonalDataAct

__all__ = [
    "MAX_EVENT_NAME",
    "STORAGE",
    "Act",
    "CallAct",
    "ConflictAct",
    "ConsentModeAct",
    "ConsentStringAct",
    "CookieAct",
    "DeliveryAct",
    "EventAct",
    "HandoverAct",
    "LastingCookieAct",
    "MappingAct",
    "PersonalDataAct",
    "Place",
    "RecordAct",
    "RegionAct",
    "TrackingDomainAct",
    "WarehouseAct",
    "WithdrawalAct",
    "WorkspaceTokenAct",
]
