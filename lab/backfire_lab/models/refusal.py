"""How input that does not fit is refused: by the field's name, with what it is and what is needed."""

from __future__ import annotations


class Refused(SystemExit):
    """The command ends with the message."""


def need(where: object, field: str, found: object, wanted: object, fits: bool | None = None) -> None:
    """Refuses a field that is not what is wanted, or for which `fits` is false."""
    if found != wanted if fits is None else not fits:
        raise Refused(f"{where}: {field} is {found!r}, needed is {wanted!r}")
