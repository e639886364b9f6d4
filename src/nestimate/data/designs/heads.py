"""What a compound names: fish meal is a meal, pot size a size, a mouse ID the name of a mouse."""

from collections.abc import Sequence

#: Words behind which a thing is named by them: a mouse ID is the mouse's.
_NAMING = (
    "alias anon barcode bottom card chip code full id identifier identity ids idx img index "
    "inner key label left letter lower name names new no north nr num number numero nummer "
    "numéro old orig original outer pt ref reference right serial short south tag top uid "
    "unique upper uuid"
)
NAMING = frozenset(_NAMING.split())
#: Words between a thing and what it is of: the type of subject is a type.
_OF = frozenset({"of", "in", "per", "from", "within", "for", "at", "on", "by", "with", "to", "von"})
#: Units of measurement: what a name ends with is an amount.
_MEASURES = frozenset(
    {"pct", "percent", "prozent", "perc", "ml", "ul", "μl", "mg", "kg", "ug", "μg", "ng", "ha"}
    | {"mm", "cm", "um", "μm", "nm", "km", "ppm", "ppb", "mol", "mmol", "umol", "kgha"}
    | {"kcal", "kj", "degc", "kpa", "mpa", "hz", "rpm", "lux"}
)
#: Modifiers that stand behind what they say something of: a parcela experimental is one.
_FIRST = (
    "animale bac bloc bloque brebis caballo cabra camada camundongo cane cellule cerdo cheval "
    "chien corral corte coupe célula dent dente diente donante donneur enclos ferme feuille "
    "finca foglia folha granja hoja jaula lignée lot lote lotto línea mosca mouche muestra "
    "oveja paciente parcela parcelle perro pesce pez pianta piastra placa planta plante "
    "plaque pocillo poisson porc portée puits rata ratón recinto sitio soggetto souris suino "
    "sujet sujeto topo troupeau vaca vache vasca veau vigne échantillon élevage éprouvette"
)
_BEHIND = frozenset(_FIRST.split())
#: More than one of something, which does not stand before what it says something of: leaves eaten.
_SEVERAL = frozenset({"mice", "larvae", "leaves", "teeth", "mäuse", "tiere", "zellen", "pups"})


def compound(said: Sequence[str]) -> tuple[str, frozenset[str]]:
    """Return the word that says what a name is of, and those that say which: meal, and fish.

    Nothing where it ends with a unit of measurement: an amount. A letter alone is one of several.

    Parameters
    ----------
    said
        The words of a name in small letters, in their order.
    """
    of = next((i for i, word in enumerate(said) if word in _OF and i > 0), len(said))
    told = [word for word in said[:of] if len(word) > 1]
    if not told:
        return "", frozenset()
    thing = "" if told[-1] in _MEASURES else told[-1]
    others = frozenset(said) - {thing} - NAMING - _BEHIND - _SEVERAL
    return thing, frozenset(word for word in others if not word.endswith("s"))
