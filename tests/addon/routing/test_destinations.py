"""Which destinations messages of one kind may reach, from what settings, messages and the user say."""

from __future__ import annotations

from collections.abc import Iterable

from addon.consent.timeline import Need
from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, RoutingRules, Settings
from addon.routing import Declaration, Message, Plan, Recipient, plan_of
from addon.routing.delivery import Basis, Delivery, Outcome
from addon.routing.jitsu import ROUTER as JITSU
from addon.routing.segment import ROUTER as SEGMENT
from vendor_catalog import Category

RECIPIENTS = {
    "Braze": Recipient("braze", Need((Category.MARKETING,), "braze")),
    "Snowflake": Recipient("snowflake", warehouse=True),
    "Own CRM": Recipient(need=Need((Category.MARKETING,)), declared=True, owner="Ann"),
}
RULES = RoutingRules()


def recipient_of(destination: DestinationSetting) -> Recipient:
    return RECIPIENTS.get(destination.name, Recipient())


def listed(*names: str, origin: str = "settings", rules: RoutingRules | None = None) -> Settings:
    destinations = tuple(DestinationSetting(name, (), Mode.CLOUD, ("ads",), mapping_shown=True) for name in names)
    return Settings("segment", "key", origin, destinations, ("ads", "more"), False, (), rules)


def segment_plan(message: Message, *settings: Settings, declarations: Iterable[Declaration] = ()) -> Plan:
    return plan_of(SEGMENT, settings, message, recipient_of, declarations)


def names(plan: Plan) -> list[str]:
    return [destination.name for destination in plan.destinations]


def test_settings_messages_and_the_user_name_each_destination_once() -> None:
    message = Message(NO_STAMP, {"All": True, "Braze": False, "Own CRM": True}, bundled=("Mixpanel",))
    plan = segment_plan(message, listed("Braze", "Snowflake"), declarations=[Declaration("Own CRM", ())])
    assert [name for name in names(plan) if not name.startswith("(")] == ["Braze", "Snowflake", "Mixpanel", "Own CRM"]


def test_what_the_user_declares_counts_only_for_a_cdp_whose_settings_leave_some_out() -> None:
    declarations = [Declaration("Own CRM", ("ads",))]
    (declared,) = segment_plan(Message(NO_STAMP), declarations=declarations).destinations
    assert (declared.name, declared.categories, declared.mapping_shown) == ("Own CRM", ("ads",), True)
    assert names(plan_of(JITSU, [], Message(NO_STAMP), recipient_of, declarations)) == []


def test_a_plan_knows_recipients_warehouses_and_every_mapped_category() -> None:
    plan = segment_plan(Message(NO_STAMP), listed("Braze", "Snowflake"))
    assert {each.name: each.warehouse for each in plan.destinations if each.mapping_shown and each.name[0] != "("} == {
        "Braze": False,
        "Snowflake": True,
    }
    assert plan.recipient("Braze").vendor == "braze"
    assert plan.recipient("Nobody's") == Recipient()
    assert plan.mapped_categories == {"ads", "more"}


def test_rules_for_all_messages_are_those_of_the_settings_and_not_of_a_fetched_list() -> None:
    fetched = listed("Braze", origin="integrations", rules=RoutingRules())
    assert segment_plan(Message(NO_STAMP), listed(rules=RULES), fetched).rules is RULES
    assert segment_plan(Message(NO_STAMP), fetched).rules is None


def test_a_delivery_names_its_recipient_and_how_it_is_known() -> None:
    message = Message(NO_STAMP)
    plan = segment_plan(message, listed("Braze"), declarations=[Declaration("Own CRM", ())])
    found: dict[str, Delivery] = {each.destination: each for each in SEGMENT.deliveries(message, plan)}
    braze, own = found["Braze"], found["Own CRM"]
    assert (braze.vendor, braze.basis, braze.owner) == ("braze", Basis.PREDICTED, None)
    assert (own.outcome, own.basis, own.receiver) == (Outcome.FLOWS, Basis.DECLARED, "Own CRM (owner: Ann)")
