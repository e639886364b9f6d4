"""What a compound names: fish meal is a meal, pot size a size, a mouse ID the name of a mouse."""

from collections.abc import Sequence

#: Words behind which a thing is named by them: a mouse ID is the mouse's.
NAMING = frozenset(
    {
        "id",
        "ids",
        "no",
        "nr",
        "num",
        "number",
        "nummer",
        "numéro",
        "numero",
        "name",
        "names",
        "code",
    }
    | {"label", "tag", "key", "ref", "reference", "uid", "uuid", "identifier", "identity", "serial"}
    | {"barcode", "index", "idx", "letter", "card", "chip", "alias", "unit", "individual", "sample"}
    | {"replicate", "specimen", "original", "orig", "new", "old", "unique", "anon", "short", "full"}
    | {"left", "right", "upper", "lower", "top", "bottom", "north", "south", "inner", "outer"}
    | {"probe", "img", "pt"}
)
#: Words between a thing and what it is of: the type of subject is a type.
_OF = frozenset({"of", "in", "per", "from", "within", "for", "at", "on", "by", "with", "to", "von"})
#: Units of measurement: what a name ends with is an amount.
_MEASURES = frozenset(
    {"pct", "percent", "prozent", "perc", "ml", "ul", "μl", "mg", "kg", "ug", "μg", "ng", "ha"}
    | {"mm", "cm", "um", "μm", "nm", "km", "ppm", "ppb", "mol", "mmol", "umol", "kgha"}
    | {"kcal", "kj", "degc", "kpa", "mpa", "hz", "rpm", "lux"}
)
#: Modifiers that stand behind what they say something of: a parcela experimental is one.
_BEHIND = frozenset(
    {"souris", "sujet", "plante", "cellule", "éprouvette", "ratón", "rata", "sujeto", "paciente"}
    | {"feuille", "hoja", "foglia", "folha", "bac", "planta", "célula", "jaula", "animale", "topo"}
    | {"soggetto", "pianta", "camundongo", "échantillon", "muestra", "donneur", "donante", "puits"}
    | {
        "pocillo",
        "poisson",
        "pez",
        "mouche",
        "mosca",
        "coupe",
        "corte",
        "parcelle",
        "porc",
        "vache",
    }
    | {
        "veau",
        "brebis",
        "enclos",
        "parcela",
        "cerdo",
        "vaca",
        "oveja",
        "corral",
        "recinto",
        "suino",
    }
    | {"dent", "diente", "dente", "chien", "cheval", "vigne", "perro", "caballo", "cabra", "cane"}
    | {"pesce", "vasca", "bloc", "bloque", "plaque", "lot", "portée", "lignée", "camada", "placa"}
    | {
        "lote",
        "línea",
        "lotto",
        "piastra",
        "ferme",
        "élevage",
        "troupeau",
        "granja",
        "finca",
        "sitio",
    }
)
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
