"""What is advised of a table, in the words of the call that read it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from nestimate.data.tables.reading import Reading
from nestimate.remedies import on_table, without_fit

#: Options of how a table is read.
_READING = frozenset(field.name for field in fields(Reading))


def on_call(sentence: str, call: Mapping[str, Any]) -> str:
    """Return an advice whose formula names the table of a call, and how it is read.

    Of a table in which each row holds several readings it proposes no formula, and no edit.
    """
    chosen, value = call.get("options", {}), call.get("value") or ""
    if "wide" in chosen or "," in value:
        return without_fit(sentence)
    read = {name: chosen[name] for name in chosen if name in _READING}
    return on_table(sentence, call.get("data") or "", read)
