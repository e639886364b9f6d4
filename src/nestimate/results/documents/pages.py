"""The templates of everything in HTML: whatever comes from the data is escaped."""

from importlib.resources import files
from typing import TYPE_CHECKING

from nestimate.results.words.lines import typeset

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str) -> "Template":
    """Return a template of this package by its file name."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - text and JSON need none

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["typeset"] = typeset
    source = files("nestimate.results.documents").joinpath(name).read_text(encoding="utf-8")
    return environment.from_string(source)
