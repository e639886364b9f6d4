"""What bench scientists write above and in the columns of their tables, in four languages."""

from dataclasses import dataclass
from enum import Enum, auto


class Tongue(Enum):
    """The language in which somebody keeps their tables."""

    ENGLISH = auto()
    GERMAN = auto()
    FRENCH = auto()
    SPANISH = auto()


@dataclass(frozen=True)
class Word:
    """One thing, in the words that people write above its column."""

    english: tuple[str, ...]
    german: tuple[str, ...] = ()
    french: tuple[str, ...] = ()
    spanish: tuple[str, ...] = ()

    def said(self, tongue: Tongue) -> tuple[str, ...]:
        """Return what it may be called; English where nothing else comes to mind."""
        spoken = {
            Tongue.ENGLISH: self.english,
            Tongue.GERMAN: self.german,
            Tongue.FRENCH: self.french,
            Tongue.SPANISH: self.spanish,
        }[tongue]
        return spoken or self.english


@dataclass(frozen=True)
class Factor:
    """What is compared: its column, and sets of levels that are used for it."""

    word: Word
    levels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """What was measured, and what its values look like."""

    word: Word
    mean: float
    sd: float
    decimals: int


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    positive: Word
    total: Word


@dataclass(frozen=True)
class Field:
    """A kind of laboratory: what is treated, what lies inside it, what comes in batches.

    Attributes
    ----------
    chain
        What is treated as a whole, and what lies inside, outermost first.
    subjects
        What may see every treatment: patients before and after, donors, days of experiments.
    batches
        What holds several treated things of every group: litters, plates, fields.
    """

    chain: tuple[Word, ...]
    subjects: tuple[Word, ...]
    batches: tuple[Word, ...]
    outcomes: tuple[Outcome, ...]
    factors: tuple[Factor, ...]
    counts: tuple[Word, ...]
    shares: tuple[Share, ...]


MOUSE = Word(
    ("mouse", "Mouse", "mouse_id", "animal", "Animal ID", "mouse #", "Mouse No.", "ID", "subject"),
    ("Maus", "Tier", "Tier-Nr.", "Maus-ID"),
    ("souris", "animal", "Souris n°"),
    ("ratón", "animal", "raton_id"),
)
RAT = Word(
    ("rat", "Rat", "rat_id", "Rat ID", "animal", "ear tag", "subject"), ("Ratte", "Tier"), ("rat",)
)
SLICE = Word(("slice", "Slice", "section", "slice_id"), ("Schnitt",), ("coupe",), ("corte",))
CELL = Word(
    ("cell", "Cell", "cell_id", "Cell #", "neuron", "ROI"), ("Zelle",), ("cellule",), ("célula",)
)
LITTER = Word(("litter", "Litter", "litter_id"), ("Wurf",), ("portée",), ("camada",))
CAGE = Word(("cage", "Cage", "cage_id"), ("Käfig",), ("cage",), ("jaula",))
DONOR = Word(("donor", "Donor", "donor_id", "Donor ID"), ("Spender",), ("donneur",), ("donante",))
PATIENT = Word(
    ("patient", "Patient", "patient_id", "Subject", "participant", "subject_id", "pt"),
    ("Patient", "Proband", "Patient-Nr"),
    ("patient", "sujet"),
    ("paciente", "sujeto"),
)
EXPERIMENT = Word(
    ("experiment", "Experiment", "exp", "Exp.", "day", "biol_rep", "bio rep", "run", "passage"),
    ("Versuch", "Experiment", "Versuchstag"),
    ("expérience", "manip"),
    ("experimento",),
)
LINE = Word(("cell line", "cell_line", "Line", "line"), ("Zelllinie",), ("lignée",), ("línea",))
PLATE = Word(("plate", "Plate", "plate_id"), ("Platte",), ("plaque",), ("placa",))
WELL = Word(("well", "Well", "well_id"), ("Well",), ("puits",), ("pocillo",))
IMAGE = Word(("field", "FOV", "image", "Field", "img"), ("Bild", "Gesichtsfeld"), ("champ",))
DISH = Word(("dish", "Dish", "coverslip", "culture"), ("Schale",), ("boîte",), ("placa",))
PLOT = Word(("plot", "Plot", "plot_id"), ("Parzelle",), ("parcelle",), ("parcela",))
BLOCK = Word(("block", "Block", "field", "site"), ("Block",), ("bloc",), ("bloque",))
PLANT = Word(("plant", "Plant", "plant_id", "pot"), ("Pflanze", "Topf"), ("plante",), ("planta",))
LEAF = Word(("leaf", "Leaf"), ("Blatt",), ("feuille",), ("hoja",))
VIAL = Word(("vial", "Vial", "vial_id", "bottle"), ("Röhrchen",), ("tube",), ("vial",))
FLY = Word(("fly", "Fly"), ("Fliege",), ("mouche",), ("mosca",))
TANK = Word(("tank", "Tank", "aquarium"), ("Becken", "Aquarium"), ("bac",), ("tanque",))
FISH = Word(("fish", "Fish", "fish_id", "larva"), ("Fisch",), ("poisson",), ("pez",))
SAMPLE = Word(
    ("sample", "Sample", "Sample ID", "sample_id", "Sample Name"),
    ("Probe", "Proben-ID"),
    ("échantillon",),
    ("muestra",),
)
CLUTCH = Word(("clutch", "batch", "cross"), ("Gelege",))

READING = Word(
    ("rep", "replicate", "Replicate", "tech_rep", "measurement", "reading", "trial", "n"),
    ("Wiederholung", "Messung", "Replikat"),
    ("réplicat", "mesure", "essai"),
    ("réplica", "medida"),
)

TREATMENT = Factor(
    Word(
        ("treatment", "Treatment", "group", "Group", "condition", "Condition", "arm", "drug", "Tx"),
        ("Behandlung", "Gruppe", "Bedingung"),
        ("traitement", "groupe", "condition"),
        ("tratamiento", "grupo"),
    ),
    (
        ("ctl", "drug"),
        ("vehicle", "drug"),
        ("PBS", "LPS"),
        ("saline", "ketamine"),
        ("control", "treated"),
        ("CTRL", "TGFb"),
        ("DMSO", "10 µM"),
        ("placebo", "verum"),
        ("0", "1"),
        ("A", "B"),
        ("1", "2"),
        ("untreated", "IFN-γ"),
        ("sham", "MCAO"),
        ("veh", "low", "high"),
        ("Control", "Drug A", "Drug B"),
        ("ctrl", "10 nM", "100 nM"),
        ("DMSO", "inh1", "inh2"),
        ("A", "B", "C"),
        ("ctl", "T1", "T2", "T3"),
        ("mock", "0.1 MOI", "1 MOI", "5 MOI"),
    ),
)
GENOTYPE = Factor(
    Word(
        ("genotype", "Genotype", "geno", "strain", "GT"),
        ("Genotyp", "Linie"),
        ("génotype",),
        ("genotipo",),
    ),
    (
        ("WT", "KO"),
        ("wt", "mut"),
        ("+/+", "-/-"),
        ("Cre-", "Cre+"),
        ("WT", "TG"),
        ("C57", "BALB/c"),
        ("WT", "HET", "KO"),
        ("+/+", "+/-", "-/-"),
        ("wt", "ko1", "ko2", "resc"),
    ),
)
SILENCED = Factor(
    Word(("siRNA", "siRNA", "construct", "transfection", "condition"), ("siRNA", "Konstrukt")),
    (
        ("siCtrl", "siTP53"),
        ("siScr", "siYAP"),
        ("EV", "OE"),
        ("siScr", "si#1", "si#2"),
        ("shScr", "sh1", "sh2"),
        ("EV", "WT", "K27M", "dead"),
    ),
)
DIET = Factor(
    Word(("diet", "Diet", "feed"), ("Diät", "Futter"), ("régime",), ("dieta",)),
    (("chow", "HFD"), ("Control", "High fat"), ("ND", "HFD", "KD"), ("0", "2.5", "5", "10")),
)
SEX = Factor(
    Word(("sex", "Sex", "gender"), ("Geschlecht",), ("sexe",), ("sexo",)),
    (("m", "f"), ("male", "female"), ("M", "F")),
)
FERTILIZER = Factor(
    Word(("fertilizer", "Nitrogen", "N_rate", "nutrient"), ("Düngung",), ("engrais",), ("abono",)),
    (("none", "NPK"), ("N0", "N50", "N100"), ("0", "40", "80", "120")),
)
VARIETY = Factor(
    Word(("variety", "Variety", "cultivar", "ecotype"), ("Sorte",), ("variété",), ("variedad",)),
    (("Col-0", "Ler"), ("Victory", "Golden Rain", "Marvellous"), ("Col-0", "abi1", "abi2", "hab1")),
)
STRESS = Factor(
    Word(("water", "watering", "stress", "light"), ("Licht",), ("arrosage",), ("riego",)),
    (("well-watered", "drought"), ("low", "high"), ("LD", "SD"), ("control", "salt", "heat")),
)
VISIT = Factor(
    Word(
        ("time", "Timepoint", "visit", "phase", "session", "period"),
        ("Zeitpunkt", "Phase"),
        ("temps", "visite"),
        ("tiempo", "visita"),
    ),
    (
        ("pre", "post"),
        ("before", "after"),
        ("baseline", "week 4"),
        ("T0", "T1"),
        ("day 0", "day 7"),
        ("T0", "T1", "T2"),
        ("baseline", "1 h", "24 h"),
        ("V1", "V2", "V3", "V4"),
        ("0", "7", "14", "28"),
    ),
)
STIMULUS = Factor(
    Word(("stimulus", "Stimulation", "stim", "ligand"), ("Stimulus", "Stimulation")),
    (("unstim", "stim"), ("none", "aCD3"), ("US", "PMA", "CpG"), ("0", "TNF", "IL1")),
)
DOSE = Factor(
    Word(
        ("dose", "Dose", "dose (mg/kg)", "conc", "Conc (µM)", "concentration", "nM"),
        ("Dosis", "Konz. (µM)"),
        ("dose", "concentration (µM)"),
        ("dosis",),
    ),
    (
        ("0", "1", "10", "100"),
        ("0", "0.1", "1", "10"),
        ("0", "3", "10", "30", "100"),
        ("0", "0.5", "1", "2", "4"),
        ("0", "1", "3", "10", "30", "100"),
        ("0.01", "0.1", "1", "10", "100", "1000"),
    ),
)
COURSE = Factor(
    Word(
        ("time", "Time (min)", "day", "Day", "time_h", "week", "hour", "t (h)"),
        ("Zeit (min)", "Tag", "Woche", "Stunde"),
        ("temps (h)", "jour", "semaine"),
        ("día", "semana", "tiempo (h)"),
    ),
    (
        ("0", "15", "30", "60", "90", "120"),
        ("0", "2", "4", "6", "8", "24"),
        ("1", "2", "3", "4", "5"),
        ("1", "2", "3", "4", "5", "6", "7", "8"),
        ("0", "3", "5", "7", "10", "12", "14"),
        ("4", "6", "8", "10", "12", "14", "16", "18", "20"),
    ),
)

VALUE = Outcome(
    Word(("value", "Value", "result", "y"), ("Wert", "Messwert"), ("valeur",), ("valor",)),
    20,
    4,
    2,
)
GLUCOSE = Outcome(
    Word(("glucose", "glucose (mg/dL)", "Glucose [mg/dl]", "BG"), ("Glukose",), ("glycémie",)),
    120,
    18,
    0,
)
WEIGHT = Outcome(
    Word(("weight (g)", "body weight", "BW"), ("Gewicht (g)",), ("poids (g)",), ("peso (g)",)),
    24,
    2.5,
    1,
)
LATENCY = Outcome(Word(("latency (s)", "latency", "Latency_s"), ("Latenz (s)",)), 35, 12, 1)
FREEZING = Outcome(
    Word(
        ("freezing (%)", "% freezing", "pct_time_center"),
    ),
    45,
    14,
    1,
)
AMPLITUDE = Outcome(Word(("amplitude (pA)", "mEPSC_amp", "Amp"), ("Amplitude (pA)",)), 14, 3, 2)
RATE = Outcome(
    Word(
        ("firing rate (Hz)", "freq", "Frequency (Hz)"),
    ),
    6,
    2,
    2,
)
AREA = Outcome(Word(("area (µm2)", "Area", "soma_area"), ("Fläche (µm²)",), ("aire",)), 180, 40, 1)
INTENSITY = Outcome(
    Word(
        ("intensity", "MFI", "mean_gray", "fluorescence (a.u.)"),
    ),
    1500,
    350,
    1,
)
OPTICAL = Outcome(Word(("OD450", "absorbance", "OD"), ("Extinktion",)), 0.9, 0.2, 3)
CYTOKINE = Outcome(
    Word(
        ("IL6 (pg/mL)", "IL-6", "conc pg/ml", "TNFa"),
    ),
    240,
    70,
    1,
)
CT = Outcome(
    Word(
        ("Ct", "Cq", "CT GAPDH", "dCt"),
    ),
    24,
    1.0,
    2,
)
EXPRESSION = Outcome(
    Word(
        ("rel. expression", "fold change", "2^-ddCt"),
    ),
    1.2,
    0.3,
    3,
)
VIABILITY = Outcome(
    Word(
        ("viability (%)", "% viable", "Viability"),
    ),
    78,
    8,
    1,
)
PRESSURE = Outcome(Word(("SBP (mmHg)", "sbp", "score"), ("RR (mmHg)",)), 134, 12, 0)
HEIGHT = Outcome(
    Word(("height (cm)", "Height", "root length (mm)"), ("Höhe (cm)",), ("hauteur (cm)",)),
    32,
    6,
    1,
)
YIELD = Outcome(Word(("yield", "Yield (t/ha)"), ("Ertrag",), ("rendement",)), 6.1, 0.9, 2)
LENGTH = Outcome(
    Word(
        ("length (mm)", "body length", "distance (cm)"),
    ),
    18,
    3,
    1,
)
LIFE = Outcome(
    Word(
        ("climbing index", "activity", "velocity (mm/s)"),
    ),
    8,
    2,
    2,
)

SPINES = Word(("spines", "n_spines", "spine count"), ("Dornen",))
COLONIES = Word(("colonies", "CFU", "# colonies"), ("Kolonien",), ("colonies",))
CELLS = Word(("cells", "cell count", "Iba1+ cells"), ("Zellzahl",), ("nb cellules",))
EGGS = Word(("eggs", "offspring", "n_eggs"), ("Eier",), ("œufs",), ("huevos",))
ALIVE = Share(Word(("alive", "survived", "survivors")), Word(("total", "n", "N")))
POSITIVE = Share(Word(("positive", "pos", "Ki67+")), Word(("total", "total cells", "counted")))
GERMINATED = Share(
    Word(("germinated", "n_germ"), ("gekeimt",)), Word(("sown", "seeds", "total"), ("gesät",))
)
RESPONDERS = Share(Word(("responders", "correct", "hits")), Word(("n", "trials", "total")))

FIELDS = (
    Field(
        (MOUSE, SLICE, CELL),
        (MOUSE, LITTER),
        (LITTER, CAGE, EXPERIMENT),
        (GLUCOSE, WEIGHT, LATENCY, FREEZING, VALUE),
        (TREATMENT, GENOTYPE, DIET),
        (CELLS, SPINES),
        (RESPONDERS, POSITIVE),
    ),
    Field(
        (RAT, SLICE, CELL),
        (RAT, SLICE),
        (LITTER, EXPERIMENT),
        (AMPLITUDE, RATE, LATENCY),
        (TREATMENT, GENOTYPE),
        (SPINES, CELLS),
        (RESPONDERS,),
    ),
    Field(
        (PATIENT, SAMPLE, READING),
        (PATIENT, DONOR),
        (Word(("site", "center", "hospital"), ("Zentrum",), ("centre",)),),
        (PRESSURE, CYTOKINE, GLUCOSE, VALUE),
        (TREATMENT,),
        (Word(("seizures", "lesions", "attacks")),),
        (RESPONDERS,),
    ),
    Field(
        (DISH, IMAGE, CELL),
        (EXPERIMENT, DONOR, LINE),
        (EXPERIMENT, DONOR, PLATE),
        (AREA, INTENSITY, VIABILITY, VALUE),
        (TREATMENT, SILENCED),
        (COLONIES, CELLS, Word(("foci", "foci per nucleus"))),
        (POSITIVE,),
    ),
    Field(
        (WELL, IMAGE, CELL),
        (EXPERIMENT, PLATE),
        (PLATE, EXPERIMENT),
        (INTENSITY, OPTICAL, VIABILITY),
        (TREATMENT, SILENCED),
        (CELLS, COLONIES),
        (POSITIVE, ALIVE),
    ),
    Field(
        (SAMPLE, WELL, READING),
        (DONOR, EXPERIMENT, LINE),
        (PLATE, EXPERIMENT),
        (CT, EXPRESSION, CYTOKINE, OPTICAL),
        (TREATMENT, GENOTYPE, SILENCED),
        (CELLS,),
        (POSITIVE,),
    ),
    Field(
        (PLANT, LEAF, READING),
        (BLOCK, PLOT),
        (BLOCK, Word(("tray", "chamber", "bench"), ("Schale",))),
        (HEIGHT, YIELD, VALUE),
        (FERTILIZER, VARIETY, STRESS, TREATMENT),
        (Word(("leaves", "n_leaves", "flowers")), EGGS),
        (GERMINATED,),
    ),
    Field(
        (VIAL, FLY, READING),
        (EXPERIMENT, LINE),
        (EXPERIMENT, CLUTCH),
        (LIFE, LENGTH),
        (GENOTYPE, DIET, TREATMENT),
        (EGGS,),
        (ALIVE,),
    ),
    Field(
        (TANK, FISH, READING),
        (CLUTCH, EXPERIMENT),
        (CLUTCH, EXPERIMENT),
        (LENGTH, LIFE, VALUE),
        (TREATMENT, GENOTYPE),
        (EGGS, CELLS),
        (ALIVE,),
    ),
    Field(
        (MOUSE, READING, READING),
        (MOUSE, DONOR),
        (CAGE, EXPERIMENT),
        (LATENCY, FREEZING, WEIGHT),
        (TREATMENT, GENOTYPE, SEX),
        (Word(("entries", "rearings", "licks")),),
        (RESPONDERS,),
    ),
)
