"""What can be done about something, as data that every renderer says in its own words.

`--scale log` on the command line is `options={'scale': 'log'}` in Python; a report, which may be
read by both, says both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any, Literal, Self

Voice = Literal["shell", "python", "both"]

#: Arguments of their own in Python; all others are keys of `options`.
ARGUMENTS = ("value", "group", "unit", "block", "reference", "relabel_units")

#: Options that hold several, as they are typed: one by one.
_TYPED = {"edits": "edit"}


@dataclass(frozen=True)
class Remedy:
    """An option and the value that it should have.

    Attributes
    ----------
    option
        The word of the library: `scale`, `block`, `relabel_units`.
    value
        Its value; True for what is switched on. Text that is to be filled in stands in capitals.
    """

    option: str
    value: str | float | bool | tuple[float, ...] = True

    @property
    def shell(self) -> str:
        """As it is typed: `--scale log`."""
        name = f"--{_TYPED.get(self.option, self.option).replace('_', '-')}"
        if self.value is True:
            return name
        if isinstance(self.value, tuple):
            return f"{name} {','.join(f'{number:g}' for number in self.value)}"
        if not isinstance(self.value, str):
            return f"{name} {self.value:g}"
        # What starts as an option does is given as one word.
        between = "=" if self.value.startswith("-") else " "
        return f"{name}{between}{quote(self.value)}"

    @property
    def python(self) -> str:
        """As it is called: `options={'scale': 'log'}`."""
        if self.option in ARGUMENTS:
            return f"{self.option}={self.value!r}"
        value: object = self.value
        if self.option == "prior" and isinstance(value, str):
            name, _, prior = value.partition("=")
            value = {name.strip(): prior.strip()}
        if self.option in _TYPED:
            value = [self.value]
        return f"options={{{self.option!r}: {value!r}}}"

    def said(self, voice: Voice) -> str:
        """Return it in the words of a command line, of Python, or of both."""
        if voice == "both":
            return f"{self.shell} ({self.python} in Python)"
        return self.shell if voice == "shell" else self.python


@dataclass(frozen=True)
class Call:
    """A whole command, and the call in Python that does the same."""

    shell: str
    python: str

    def said(self, voice: Voice) -> str:
        """Return it in the words of a command line, of Python, or of both."""
        if voice == "both":
            return f"{self.shell} ({self.python} in Python)"
        return self.shell if voice == "shell" else self.python


@dataclass(frozen=True)
class Fit:
    """A formula that asks more of the same table; it ends an advice, on a line of its own.

    Attributes
    ----------
    formula
        As it is typed.
    options
        Options that it needs, and their values: what a reading is, how the table is read.
    file
        What the table is called; "" where that is not known: it stands as `FILE`, to be filled in.
    """

    formula: str
    options: tuple[tuple[str, Any], ...] = ()
    file: str = ""

    @property
    def shell(self) -> str:
        """As it is typed."""
        option = self.file.startswith("-") and self.file != "-"
        path = f"./{self.file}" if option else self.file or "FILE"
        words = ["nestimate fit", quote(self.formula), quote(path)]
        for name, value in self.options:
            several = value if isinstance(value, list | tuple) else [value]
            words += [Remedy(name, one).shell for one in several]
        return " ".join(words)

    @property
    def python(self) -> str:
        """As it is called."""
        data = repr(self.file) if self.file else "data"
        apart = {name: value for name, value in self.options if name not in ARGUMENTS}
        words = [f"{name}={value!r}" for name, value in self.options if name in ARGUMENTS]
        words += [f"options={apart!r}"] if apart else []
        return f"ne.fit({', '.join([repr(self.formula), data, *words])})"

    def said(self, voice: Voice) -> str:
        """Return it in the words of a command line, of Python, or of both."""
        if voice == "both":
            return f"{self.shell}, ne.fit in Python."
        return self.shell if voice == "shell" else self.python


#: What is said in a voice.
Spoken = Remedy | Call | Fit


class Advice(str):
    """A sentence with remedies in it; as plain text it says both spellings.

    Attributes
    ----------
    parts
        The pieces of the sentence: text, remedies and calls.
    """

    __slots__ = ("parts",)
    parts: tuple[str | Spoken, ...]

    def __new__(cls, *parts: "str | Spoken | Advice") -> Self:
        """Join pieces of text and remedies, in the order in which they are read."""
        flat: list[str | Spoken] = []
        for part in parts:
            flat += part.parts if isinstance(part, Advice) else [part]
        made = super().__new__(cls, _joined(flat, "both"))
        made.parts = tuple(flat)
        return made

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What can be done, in the order in which it is said."""
        return tuple(part for part in self.parts if isinstance(part, Remedy))


def on_table(sentence: str, file: str, options: Mapping[str, Any]) -> str:
    """Return an advice whose formula names the table, and how it is read.

    Parameters
    ----------
    sentence
        Any; only an advice with a formula is changed.
    file, options
        The table as it was named, "" for data in memory, and the options of reading it.
    """
    if not isinstance(sentence, Advice):
        return sentence
    return Advice(
        *(
            replace(part, file=file, options=tuple((dict(options) | dict(part.options)).items()))
            if isinstance(part, Fit)
            else part
            for part in sentence.parts
        )
    )


def without_fit(sentence: str) -> str:
    """Return a sentence without its formula or edit, for a table that these do not read."""
    parts = sentence.parts if isinstance(sentence, Advice) else ()
    if not any(isinstance(p, Fit) or getattr(p, "option", "") == "edits" for p in parts):
        return sentence
    kept = [str(part) for part in parts if not isinstance(part, Fit)]
    return "".join(kept).rpartition(". ")[0] + "."


def lines_said(sentence: str, voice: Voice) -> list[str]:
    """Return a sentence and, each on a line of its own, the formula that it ends with."""
    parts = sentence.parts if isinstance(sentence, Advice) else ()
    formulas = [part for part in parts if isinstance(part, Fit)]
    if not formulas:
        return [said(sentence, voice)]
    text = _joined([part for part in parts if part not in formulas], voice).rstrip()
    if voice != "both":
        return [text, *(part.said(voice) for part in formulas)]
    return [text, *(line for part in formulas for line in (part.shell, f"Python: {part.python}"))]


def said(sentence: str, voice: Voice) -> str:
    """Return a sentence with its remedies, if it has any, in one voice."""
    return _joined(sentence.parts, voice) if isinstance(sentence, Advice) else sentence


def _joined(parts: Iterable[str | Spoken], voice: Voice) -> str:
    return "".join(part.said(voice) if isinstance(part, Spoken) else str(part) for part in parts)
