from __future__ import annotations

import pkgutil

import addon.decode
from addon.decode import decode, decoders
from addon.decode.segment import DECODER
from addon.exchange import Exchange, Headers


def test_every_module_with_a_decoder_is_picked_up() -> None:
    folder = {module.name for module in pkgutil.iter_modules(addon.decode.__path__)}
    shared = {"answers", "body", "collection", "envelope", "facts", "hits", "message", "protobuf"}
    assert folder == shared.union(decoder.cdp.replace("-", "_") for decoder in decoders())
    assert DECODER in decoders()


def test_what_no_decoder_knows_is_nobodys() -> None:
    exchange = Exchange(0.0, "c", "GET", "https", "shop.example", 443, "/", "", Headers())
    assert decode(exchange, None, {}) is None
    assert decode(exchange, None, {"shop.example": "segment"}) is None
    assert decode(exchange, None, {"shop.example": "another cdp"}) is None
