"""Where things were grown or kept, as names of columns say: plots, blocks of a field, pens, years.

They stay where they are, so that their numbers begin anew in every place, building and repeat.
"""

#: Words for what lies or grows in a field, rather than in one that a microscope sees.
PLOTS = frozenset(
    {"plot", "subplot", "tree", "plant", "quadrat", "parzelle", "parcelle", "parcela", "vine"}
    | {"rebe", "vigne", "vid", "vite", "baum", "arbre", "árbol", "albero", "shrub", "bush"}
)
#: Words for the blocks of a field.
BLOCKS = frozenset({"block", "bloc", "bloque", "blocco", "bloco", "blok", "blk"})
#: Words for the rows of a field, in which such things stand.
ROWS = frozenset({"row", "reihe", "rang", "rangée", "hilera", "fila", "filare"})
#: Words for when what grows there was cut or picked, again and again.
HARVESTS = frozenset(
    {"harvest", "harvests", "cut", "cutting", "mowing", "picking", "coupe", "récolte", "schnitt"}
    | {"ernte", "corte", "cosecha", "taglio", "sfalcio", "raccolta", "colheita"}
)
#: Words for where animals are kept.
PENS = frozenset(
    {"pen", "cage", "tank", "aquarium", "käfig", "becken", "bucht", "jaula", "gabbia", "corral"}
    | {"enclos", "recinto", "bac", "vasca", "stall", "box", "hutch", "paddock"}
)
#: Words for the years and seasons in which a field was sown.
SEASONS = frozenset(
    {"year", "jahr", "année", "año", "anno", "ano", "season", "saison", "temporada", "stagione"}
    | {"campaign", "campagne", "campaña", "growing"}
)
