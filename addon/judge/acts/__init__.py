"""What is judged: an act of the site or app, at a moment, with what it needs consent for."""

from .act import Act, Place
from .calls import MAX_EVENT_NAME, CallAct, HandoverAct, RegionAct, WorkspaceTokenAct
from .consent import ConsentModeAct, ConsentStringAct, RecordAct, WithdrawalAct
from .cookies import CookieAct, LastingCookieAct
from .deliveries import HIDDEN, UNLISTED, Basis, Delivery, DeliveryAct, MappingAct, Outcome, Seen, WarehouseAct
from .messages import ConflictAct, EventAct
from .personal_data import PersonalDataAct

__all__ = [
    "HIDDEN",
    "MAX_EVENT_NAME",
    "UNLISTED",
    "Act",
    "Basis",
    "CallAct",
    "ConflictAct",
    "ConsentModeAct",
    "ConsentStringAct",
    "CookieAct",
    "Delivery",
    "DeliveryAct",
    "EventAct",
    "HandoverAct",
    "LastingCookieAct",
    "MappingAct",
    "Outcome",
    "PersonalDataAct",
    "Place",
    "RecordAct",
    "RegionAct",
    "Seen",
    "WarehouseAct",
    "WithdrawalAct",
    "WorkspaceTokenAct",
]
