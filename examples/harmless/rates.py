"""Exchange rates for the price list. Ordinary code with ordinary words of warning."""

import logging
from decimal import Decimal

log = logging.getLogger(__name__)


class UnknownCurrency(ValueError):
    """Raised when a price names a currency without a rate."""


def convert(amount: Decimal, currency: str, rates: dict[str, Decimal]) -> Decimal:
    rate = rates.get(currency)
    if rate is None:
        log.warning("no rate for %s, the price is left out", currency)
        raise UnknownCurrency(currency)
    if rate <= 0:
        log.error("bad rate for %s: %s", currency, rate)
        raise ValueError("a rate must be positive")
    return (amount * rate).quantize(Decimal("0.01"))


def is_stale(age_seconds: float) -> bool:
    # A day is long enough: the bank publishes its rates every morning.
    return age_seconds > 86_400
