"""What the names of columns say: the words of laboratories, in several languages."""

import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Protocol

from nestimate.data.designs import heads, reused
from nestimate.data.designs.rates import numerator, says_number_of


class Described(Protocol):
    """What is known of a column beside its name, as `inspect` finds it."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def smallest(self) -> float | None: ...  # noqa: D102

    @property
    def largest(self) -> float | None: ...  # noqa: D102

    @property
    def distinct(self) -> int: ...  # noqa: D102

    @property
    def whole(self) -> bool: ...  # noqa: D102


#: Words for how old what was sampled is.
AGES = frozenset(
    {"age", "ages", "alter", "âge", "edad", "età", "idade", "leeftijd", "wiek", "ålder", "alder"}
    | {"ikä", "věk", "vek", "yaş", "életkor", "возраст", "вік", "年龄", "年齡", "年齢", "나이"}
)
#: Words in the names of columns, and the role that they speak for.
WORDS = {
    "group": (
        "arm group treatment treat treated trt trat tto tx drug genotype condition cond dose "
        "diet compound strain intervention medium exposure stimulus therapy vaccine variety mutant "
        "bed feed fertilizer fertiliser nitrogen nutrient nutrients watering concentration "
        "cultivar ecotype product brand formulation recipe ration hybrid rootstock "
        "construct sirna shrna konstrukt düngung sorte diät engrais abono variété variedad "
        "gruppe behandlung genotyp dosis stamm futter wirkstoff bedingung "
        "groupe traitement génotype dose souche condition régime bras "
        "grupo tratamiento genotipo dosis cepa condición dieta brazo tratamento condição "
        "gruppo trattamento genotipo ceppo"
    ),
    "unit": (
        "mouse mice animal subject subj rat fish patient participant person worker donor sample "
        "mesocosm mesocosms microcosm "
        "plant dog cat pig cage tank pot plot tree culture cell embryo larva fly dish flask well "
        "plate litter dam slice slide section field id school individual replicate replikat biorep "
        "colony clone "
        "cask bottle vial tube name label code unit track organoid islet neuron worm larvae pup "
        "eartag classroom schulklasse hive nest nestbox bienenvolk "
        "specimen individuum volunteer proband hamster rabbit sheep cow bird chick egg explant "
        "coverslip pen aquarium donor leaf leaves root seedling roi fov pt img "
        "maus mäuse tier tiere ratte patient patientin proband pflanze zelle zellen käfig becken "
        "probe spender schnitt topf schale röhrchen fliege fisch parzelle blatt "
        "souris rat animal sujet plante cellule cage éprouvette ratón ratones rata sujeto paciente "
        "feuille hoja blätter foglia foglie folha bild gesichtsfeld bac "
        "planta célula jaula animale topo soggetto pianta camundongo "
        "échantillon muestra donneur donante puits pocillo poisson pez mouche mosca coupe corte "
        "piglet calf lamb hen subplot transect bucht ferkel schwein kuh kalb schaf henne "
        "küken teilfläche transekt parcelle porc porcelet vache veau brebis enclos parcela cerdo "
        "lechón vaca ternero oveja corral cuadrante transecto suino maiale recinto "
        "tooth teeth zahn dent diente dente electrode elektrode horse goat heifer vine hund pferd "
        "ziege rebe chien cheval chèvre vigne perro caballo cabra cavallo cane pesce vasca "
        "donatore doador organoide organoïde"
    ),
    "block": (
        "reactor bioreactor fermenter mill furnace kiln printer extruder lathe loom centrifuge "
        "thermocycler spectrometer cytometer sequencer reaktor ofen drucker maschine anlage horno "
        "day date batch litter dam block blk line donor run session week experiment exp expt plate "
        "site loc location district county env lab operator observer experimenter center centre "
        "pair cohort clone round preparation blot gel membrane machine scanner instrument rig kit "
        "prep isolation passage tray bench chamber incubator clutch cross blocco "
        "apiary ward farm herd flock orchard greenhouse village bienenstand station bloco blok "
        "vat brew firing electroporation nucleofection "
        "bloc bloque hospital clinic room barn shed stall raum versuchstag gelege manip "
        "tag datum wurf platte charge versuch experiment zelllinie linie labor durchgang woche "
        "jour date portée plaque lot expérience lignée semaine día fecha camada placa lote "
        "experimento línea semana giorno lotto piastra esperimento dia ninhada "
        "betrieb hof bauernhof herde standort gewächshaus ferme élevage troupeau lieu granja "
        "finca rebaño sitio lugar fazenda rebanho azienda fattoria sito ort "
        "spender donneur donante donatore doador sitzung séance sesión seduta"
    ),
    "time": (
        "day date week month session run visit time timepoint hour hours min minute tp wave phase "
        "bin bins epoch year sitzung séance sesión "
        "zeit zeitpunkt stunde woche tag jahr temps jour heure semaine année visite "
        "tiempo hora día semana año visita tempo dia ora giorno datum fecha"
    ),
    "counter": (
        "rep reps replicate replikat repeat reading read measurement measure meas techrep "
        "technical scan index idx row col "
        "no nr number obs observation pass shot injection repetition frame dilution "
        "trial trials tech essai mesure ensayo prova "
        "duplicate duplicates triplicate triplicates dup replication replications "
        "messung wiederholung mesure répétition medida repetición réplica réplicat ripetizione"
    ),
    "trait": (
        "sex gender geschlecht sexe sexo stage birth birthday dob geburtsdatum bmi race "
        "ethnicity parity bodyweight naissance nacimiento nascita geburt " + " ".join(AGES)
    ),
    "person": (
        "operator observer experimenter technician scorer rater judge assessor panelist initials "
        "panellist pathologist annotator grader taster reader prüfer pathologe "
        "analyst blinded observateur observador osservatore "
        "by untersucher bearbeiter operateur opérateur operador operatore"
    ),
    "remark": (
        "comment remark note bemerkung anmerkung kommentar remarque commentaire nota "
        "observación comentario "
        "excluded exclude exclusion outlier outliers rejected ausgeschlossen ausreisser exclu "
        "excluido atípico"
    ),
    "kind": (
        "feature gene protein marker analyte metabolite cytokine channel probe peptide taxon otu "
        "parameter variable assay transcript target biomarker chemokine mrna mirna readout metric "
        "endpoint population subset antibody behaviour behavior verhalten antikörper "
        "analyt zytokin zielgen gène marqueur protéine gen marcador "
        "proteína citoquina analito"
    ),
    "counted": (
        "positive positives hits events dead deaths died cases alive survivors infected successes "
        "success responders "
        "counts count total totals foci spines colonies plaques puncta synapses nuclei vesicles "
        "bouts lesions tumours tumors eggs offspring cells neurons zellen neuronen cellules "
        "células anzahl kolonien colonias leaves flowers fruits seeds pups germinated "
        "gekeimt correct licks entries rearings seizures attacks detections captures sightings "
        "visits birds butterflies seedlings insects bees beetles calls landings bites "
        "dornen œufs eier huevos"
    ),
    "scored": "score scores grade grades grading severity points punkte puntuación",
    "place": (
        "well lane position pos slot dish tube vial flask slide field section cask bottle "
        "röhrchen puits pocillo"
    ),
    "storage": "box rack freezer shelf drawer gefrierbox congelador congélateur",
    "n": "n count nobs nreps nreadings",
    "sd": "sd std stdev stddev",
    "se": "se sem stderr sigma sei sete serr",
    "value": (
        "value y response result outcome mean average avg signal longevity lifespan "
        "wert valeur valor messwert lebensdauer longévité longevidad"
    ),
}
#: Roles of what was sampled, which a word has by itself alone.
_SAMPLED = frozenset({"unit", "block", "place"})
_ROLE = {word: role for role in ("n", "sd", "se") for word in WORDS[role].split()}
#: Words for what counts repetitions or rows, and is no outcome.
REPEATS = frozenset(
    {"rep", "reps", "replicate", "replicates", "repeat", "repeats", "biorep", "techrep", "index"}
    | {"idx", "replikat", "replika", "wiederholung", "réplica", "réplicat", "repetición"}
    | {"replication"}
)
#: Words for how many there were in all.
TOTAL = frozenset(
    {"total", "totals", "all", "n", "nuclei", "tested", "scored", "counted", "dapi", "trials"}
    | {"gesamt", "totales", "totaux", "totali"}
    | {"sown", "seeds", "plated", "injected", "exposed", "examined", "screened", "gesät", "hoechst"}
)
#: Words for how many there were of something.
COUNTS = frozenset({"count", "counts", "number", "of", "anzahl", "nb", "nombre"})
#: Words for what is born together: it holds animals wherever its column stands.
LITTERS = frozenset({"litter", "dam", "wurf", "portée", "camada", "ninhada", "cucciolata"})
#: Words for what plants and animals descend from; lines of cells are rather a sample of lines.
LINES = frozenset({"line", "linie", "lignée", "línea"})
#: Words for what lives.
ANIMALS = reused.ANIMALS
#: Words for people, who are the same under every treatment that they have one after the other.
PERSONS = frozenset(
    {"subject", "subj", "patient", "participant", "person", "volunteer", "proband", "sujet"}
    | {"sujeto", "paciente", "soggetto", "patientin", "probandin"}
)
#: Words for what each of them is from birth.
BORN = frozenset(
    {"genotype", "genotyp", "génotype", "genotipo", "strain", "stamm", "souche", "cepa"}
    | {"ceppo", "sex", "gender", "geschlecht", "sexe", "sexo", "species", "variety"}
    | {"mutant", "breed", "cultivar", "ecotype"}
)
#: Words for what each of them has several of, or is read under one after another.
WITHIN = frozenset(
    {"eye", "side", "hemisphere", "tissue", "organ", "region", "layer", "limb", "leg", "quarter"}
    | {"forearm", "œil", "occhio", "lato", "olho", "hemisphäre", "oog"}
    | {"paw", "hand", "foot", "ear", "kidney", "lobe", "quadrant", "segment", "compartment"}
    | {"knee", "wrist", "ankle", "shoulder", "elbow", "hip", "thigh", "breast", "lung", "implant"}
    | {"tooth", "teeth", "zahn", "dent", "diente", "dente"}
    | {"flank", "stimulation", "stim", "auge", "seite", "gewebe", "oeil", "côté", "tissu"}
    | {"ojo", "lado", "tejido"}
)
#: Words for who looks at the same things as others do, and says what they see.
READERS = frozenset(
    {"observer", "scorer", "rater", "judge", "assessor", "panelist", "untersucher", "reader"}
    | {"panellist", "pathologist", "annotator", "grader", "taster", "prüfer", "pathologe"}
)
#: Words for ears, which are marked so that animals of a cage can be told apart.
EARS = frozenset({"ear", "ears", "ohr", "ohren", "oreille", "oreja"})
_MARKED = frozenset({"tag", "tags", "mark", "marks", "notch", "punch", "clip", "hole", "marke"})
#: Labels of what was read before something was done, and after it.
AROUND = frozenset(
    {"pre", "post", "before", "after", "baseline", "follow-up", "followup", "vorher", "nachher"}
    | {"avant", "après", "antes", "después"}
)
#: Words for where a microscope looked, which count anew in every well.
VIEWS = frozenset({"site", "sites", "field", "fov", "view", "image", "img", "tile", "position"})
#: Words for when something was done, rather than how long after something else.
OCCASIONS = frozenset({"run", "date", "datum", "fecha", "data"})
_CLOCK = frozenset({"time", "zeit", "temps", "tiempo", "tempo"})
#: Kinds that are outcomes also where nothing else is compared, and the values of PCR.
_OUTCOMES = frozenset(
    {"gene", "target", "analyte", "metabolite", "cytokine", "chemokine", "transcript", "mrna"}
    | {"mirna", "biomarker", "analyt", "zytokin", "gen", "gène", "ct", "cq", "cp"}
)
#: Words for which rows are left out.
_EXCLUDED = frozenset(
    {"excluded", "exclude", "exclusion", "outlier", "outliers", "rejected", "ausgeschlossen"}
    | {"ausreisser", "exclu", "excluido", "atípico"}
)
#: Words for how far something was diluted before it was counted, and for how much of it was.
_DILUTED = frozenset({"dilution", "dil", "df", "diluted", "verdünnung", "dilución"})
#: What a column of how much of the undiluted sample was looked at is called where one is made.
UNDILUTED = "undiluted_volume"
_VOLUMES = frozenset("volume vol plated ml ul µl volumen".casefold().split())
#: Words for what is done again: whole experiments as well as readings.
_AGAIN = REPEATS - {"biorep", "techrep", "index", "idx", "replika"} | frozenset(
    {"replikate", "repetition", "répétition", "ripetizione", "trial", "trials"}
)
#: Words that number anything where they stand alone: `Nr` may be the animal's.
_NUMBERED = frozenset({"no", "nr", "number", "nummer", "index", "idx", "row"})
_INDEX = frozenset({"index", "idx", "row"})
#: What programs call the column of row names that they write with a table.
_ROW_NAMES = re.compile(
    r"(?i)row[\W_]?(names?|numbers?|nr|no|id|index|labels?)|unnamed:?[\W_]*0([._]\d+)?|index"
    r"|(?-i:X(\.\d+)?)|\.\.\.1"
)
#: Words before or behind one of the first that say which of the two it is.
_WHICH = (
    ("biorep", re.compile(r"biol?|biolog\w*")),
    ("techrep", re.compile(r"techn?|technical|techni(sch\w*|que|co|ca)")),
)
#: What is looked at once and used up or lost from sight, so that its numbers begin anew next day.
_PASSING = frozenset(
    {"cell", "neuron", "slice", "section", "explant", "embryo", "egg", "oocyte", "myocyte"}
    | {"cardiomyocyte", "nucleus", "track", "fibre", "fiber", "sample", "specimen", "aliquot"}
    | {"roi", "object", "particle", "spot", "zelle", "zellen", "cellule", "célula"}
)
#: How an SD and a standard error are written out or cut short; the error first, as of `std. error`.
_SPREADS = (
    (
        "se",
        re.compile(
            r"(?<![^\W\d_])(standard|std|st)[\W_]*err(or)?(?![^\W\d_])|standardfehler"
            r"|(?<![^\W_])s\.\s?e\.(\s?m\.?)?(?!\w)|erreur[\W_]type|error[\W_](estándar|típico)"
        ),
    ),
    (
        "sd",
        re.compile(
            r"(?<![^\W\d_])(standard|std|st)[\W_]*dev(iation)?(?![^\W\d_])|standardabw(eichung)?"
            r"|(?<![^\W_])(s\.\s?d\.?(?!\w)|stabwn?(?![^\W_]))|écart[\W_]type"
            r"|desviación[\W_](estándar|típica)"
        ),
    ),
)


def _spelled(name: str) -> str:
    """Return a name in small letters with an SD and a standard error in two."""
    said = re.sub(r"n°|^\s*#\s*$", "nr", name).casefold()
    said = re.sub(r"nest[\W_]*box", "nestbox", said)
    for short, written in _SPREADS:
        said = written.sub(f" {short} ", said)
    return said


def clocks(name: str) -> bool:
    """Return whether a column's name is time and nothing else: `Time (s)`, not reaction time."""
    said = words(name)
    return bool(said & _CLOCK) and said <= _CLOCK | {"s", "sec", "ms", "min", "h", "hr", "hours"}


def _in_order(name: str) -> list[str]:
    """Return the words of a name as they stand, in small letters."""
    # Words begin with capitals, but nM, pH and siTP53 are one.
    spaced = _spelled(
        re.sub(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z]{2})(?<!\bs[hi])(?=[A-Z])", " ", name)
    )
    spaced = re.sub(r"(bio(logical)?|tech(nical)?)(?=rep)", r"\1 ", spaced)
    return [word for word in re.split(r"[\W\d_]+", spaced) if word]


def words(name: str) -> frozenset[str]:
    """Return the words of a column's name, in small letters."""
    if name.strip() == "gen":
        # Breeders write genotypes so; a gene is `Gen` in German, with a capital.
        return frozenset({"genotype"})
    said = frozenset(_in_order(name))
    if said & EARS and said & _MARKED:
        return said - EARS - _MARKED | {"eartag"}
    for kind, which in _WHICH:
        if said & _AGAIN and (of := {word for word in said if which.fullmatch(word)}):
            return said - _AGAIN - of | {kind}
    return said


def repeats(name: str) -> bool:
    """Return whether a column may number whole experiments: `Rep` may, a technical one may not."""
    said = words(name)
    return bool(said & (_AGAIN | {"biorep"})) or (bool(said) and said <= _NUMBERED - _INDEX)


def names_rows(name: str) -> bool:
    """Return whether a name is that of the row names which a program wrote with the table."""
    return bool(_ROW_NAMES.fullmatch(name.strip()))


def numbers_rows(column: Described, n_rows: int) -> bool:
    """Return whether numbers are those of the rows: another in each, called `no.` or `#`."""
    said = words(column.name)
    numbered = column.whole and column.distinct == n_rows and bool(said) and said <= _NUMBERED
    # Row names 1.1 and 1.10 are one number.
    return numbered or (names_rows(column.name) and 10 * column.distinct >= 9 * n_rows)


def passes(name: str) -> bool:
    """Return whether a column names what is hardly met again another day, as a cell is."""
    return bool({word.removesuffix("s") for word in words(name)} & _PASSING)


def outcomes_alone(names: Iterable[str]) -> bool:
    """Return whether names speak of what is measured and hardly compared: genes, analytes, Ct."""
    return any(words(name) & _OUTCOMES for name in names)


def counts_things(name: str) -> bool:
    """Return whether a name says that things were counted: `cell count`, `Iba1+ cells`."""
    said = words(name)
    return bool(said & COUNTS) or "counted" in hints(name) or ("n" in said and len(said) > 1)


def excludes(name: str) -> bool:
    """Return whether a column says which rows are left out: `Excluded?`, `outlier`."""
    return bool(words(name) & _EXCLUDED)


def dilutes(name: str) -> bool:
    """Return whether a column says how far something was diluted: 100, or 0.01."""
    return bool(words(name) & _DILUTED)


def is_volume(name: str) -> bool:
    """Return whether a column says how much was plated or looked at, and not how many in it."""
    return bool(words(name) & _VOLUMES) and "/" not in name and not dilutes(name)


@cache
def hints(name: str) -> frozenset[str]:
    """Return the roles that a column's name speaks for; what is counted per week is no week."""
    name, said = numerator(name), words(numerator(name))
    said |= {word.removesuffix("s") for word in said}
    if said & {"rep", "replicate"}:
        # A biological replicate is what was sampled, a technical one reads it again.
        said |= {"biorep"} if said & {"bio", "biol", "biological"} else set()
        said -= {"replicate"} if said & {"tech", "technical"} else set()
    found = _roles(said)
    thing, modifiers = heads.compound(_in_order(re.sub(r"\(.*\)", "", name)))
    told = thing in heads.NAMING or _roles({thing}) - {"group", "trait"}
    if told or "time" in found or not _roles(modifiers) & _SAMPLED:
        return found
    return found - _SAMPLED | _roles(said - modifiers) & _SAMPLED  # a pot size is no pot


def _roles(said: Collection[str]) -> frozenset[str]:
    return frozenset(role for role, known in WORDS.items() if {*known.split()} & {*said})


def lasts(name: str) -> bool:
    """Return whether a column names what can be met again another day, as a place or count is not.

    A mouse can; a well, or a replicate, is there for the day.
    """
    return "unit" in hints(name) and not hints(name) & {"place", "counter", "block"}


def summary_role(column: Described) -> str | None:
    """Return `n`, `sd` or `se` where name and numbers speak for it."""
    # Arms A and B of a study: meanA, sdA, nA.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z]$)", " ", column.name)
    said = re.split(r"[\W\d_]+", _spelled(spaced))
    role = next((_ROLE[word] for word in said if word in _ROLE), None)
    role = "n" if says_number_of(column.name) else role
    low = column.smallest
    if role is None or low is None or (role == "n" and not (column.whole and low >= 1)):
        return None
    return role if role != "se" or low > 0 else None
