"""Tables as laboratories hand them in: what inspect must propose first, and what it must say."""

from dataclasses import dataclass, field

import numpy as np

_RNG = np.random.default_rng(8)


@dataclass(frozen=True)
class Sheet:
    """A table as text, how it is read, the first proposal and words that must be said."""

    text: str
    first: str
    options: tuple = ()
    says: tuple = ()
    never: tuple = field(default=())


def value(middle=10.0, spread=1.0):
    return f"{_RNG.normal(middle, spread):.2f}"


def csv(head, rows, sep=","):
    lines = [head.replace(",", sep), *(sep.join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


#: Readings of 13 mice, numbered, the first six controls; 1 to 12 each.
MICE = """5.31
7.50 7.39 7.05 7.13 6.96 6.64
5.91 5.70 5.53 5.31
5.75 5.94 6.07 5.25 5.90
4.56 4.47 5.17
6.68 6.31 6.10 6.42 6.59 6.51 6.74 6.43 7.07 6.73 7.13 6.61
4.96 5.46 5.53 5.26 5.34
5.06 5.10 4.62 4.88
5.47 5.75 5.62 5.56 5.44
3.61 3.33 3.74 3.51 3.50 3.44
4.58 4.69 5.52 5.29
4.94 4.93 6.01 5.20 5.04
4.15 4.89 5.27"""
UNEVEN = csv(
    "mouse,arm,weight",
    [
        (i, "ctl" if i < 7 else "drug", y)
        for i, line in enumerate(MICE.splitlines(), start=1)
        for y in line.split()
    ],
)

_CHANGES = (
    "71.4 78.4/76.0 82.3/55.7 66.0/72.9 78.5/68.4 81.1/69.6 81.4/"
    "74.7 74.7/75.2 75.1/70.5 66.3/74.4 73.8/71.2 70.1/66.2 66.9"
)
#: What cells were given: media is no mean.
_GIVEN = ("media", "LPS", "dex")
#: Two times of twelve people, six in each arm.
TWO_BY_TWO = csv(
    "id,arm,time,y",
    [
        (f"s{i}", "active" if i < 7 else "control", f"t{t}", y)
        for i, pair in enumerate(
            _CHANGES.split("/"),
            start=1,
        )
        for t, y in enumerate(pair.split(), start=1)
    ],
)

SUBCOLUMNS = (
    "Control_1,Control_2,Control_3,Treated_1,Treated_2,Treated_3\n"
    "32,27,36,41,44,35\n30,29,33,43,45,38\n34,25,38,40,47,36\n31,,37,42,46,\n"
)
NESTED = "Control,,,Treated,,\nRat 1,Rat 2,Rat 3,Rat 1,Rat 2,Rat 3\n" + SUBCOLUMNS.split("\n", 1)[1]
TITLES = "Time,WT,WT,WT,KO,KO,KO\n" + "".join(
    f"{t}," + ",".join(value(t + 1, 0.3) for _ in range(6)) + "\n" for t in (0, 2, 4, 8)
)
TRACKMATE = (
    "LABEL,TRACK_ID,TRACK_MEAN_SPEED,GROUP\nLabel,Track ID,Mean speed,Group\n"
    "Label,Track ID,Mean sp.,Group\n,,(micron/s),\n"
    "Track_0,0,0.41,ctl\nTrack_1,1,0.38,ctl\nTrack_2,2,0.52,ctl\n"
    "Track_3,3,0.29,drug\nTrack_4,4,0.31,drug\nTrack_5,5,0.22,drug\n"
)

_SIZES = [1, 7, 3, 12, 2, 5, 4, 9, 6, 2, 1, 8]


def _numbered(groups, names=None):
    names = names or range(1, 13)
    return [
        (name, groups[i // 6], value())
        for i, (name, n) in enumerate(zip(names, _SIZES, strict=True))
        for _ in range(n)
    ]


def _tracks():
    """Cells numbered through over days and conditions, frames of each."""
    number, rows = 0, []
    for day in ("2021-03-02", "2021-03-09", "2021-03-16"):
        for condition in ("siCtrl", "siX"):
            for _ in range(4):
                frames = range(int(_RNG.integers(2, 9)))
                rows += [(day, condition, number, frame, value()) for frame in frames]
                number += 1
    return csv("date,condition,TRACK_ID,FRAME,speed", rows)


def _shuffled():
    rows = _numbered(("chow", "fat"), list(_RNG.choice(range(1000, 1400), 12, replace=False)))
    return csv("ear,diet,mass", [rows[i] for i in _RNG.permutation(len(rows))])


def _cells(head, *levels, label=None):
    """Rows of all combinations of labels, a unit named after those at `label`."""
    rows = [()]
    for level in levels:
        rows = [(*row, entry) for row in rows for entry in level]
    if label:
        at, into = label
        rows = [
            tuple("".join(str(row[k]) for k in into) if i == at else e for i, e in enumerate(row))
            for row in rows
        ]
    return csv(head, [(*row, value()) for row in rows])


def _drop(text, column):
    """Leave the last column of each row out of the labels: it repeats rows only."""
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join([*row[:column], *row[column + 1 :]]) for row in rows) + "\n"


_SHARE = csv(
    "mouse,genotype,field,positive,total",
    [
        (f"{g}{m}", g, f, int(_RNG.poisson(3 + 4 * (g == "KO"))), int(_RNG.integers(40, 110)))
        for g in ("WT", "KO")
        for m in range(5)
        for f in range(1, 5)
    ],
)
_FACTORS = _drop(
    _cells(
        "genotype,treatment,animal,x,y",
        ("wt", "ko"),
        ("veh", "drug"),
        range(4),
        range(3),
        label=(2, (0, 1, 2)),
    ),
    3,
)
_FILL = csv(
    "arm,animal,y",
    [
        ("ctl" if i == k == 0 else "drug" if (i, k) == (4, 0) else "", i + 1 if k == 0 else "", y)
        for i in range(8)
        for k in range(3)
        for y in [value()]
    ],
)
_REPLICATES = csv(
    "geno,animal,rep1,rep2,rep3",
    [
        (g, f"{g}{i}", value(), "ODD" if i == 2 else value(), value())
        for g in ("wt", "ko")
        for i in range(4)
    ],
)
_BEDS = [(g, f"{g}{i}", value()) for g in ("ctl", "trt") for i in range(4) for _ in range(2)]


def _below_each(*names, mean):
    """Return two arms of four animals, and rows below each: its mean, or another number."""
    rows, made = [], np.random.default_rng(4)
    for k, arm in enumerate(("ctl", "drug")):
        found = made.normal(5 + k, 0.5, 4).round(1)
        rows += [(f"{arm[0]}{i + 1}", arm, y) for i, y in enumerate(found)]
        numbers = [f"{found.mean():.3f}" if mean else "5.69", f"{found.std(ddof=1):.2f}"]
        for name, number in zip(names, numbers, strict=False):
            rows.append((name.format(arm=arm), arm if name else "", number))
    return csv("animal,arm,x", rows)


def _twice(head, labels=("a", "b"), *, anew=True, often=1):
    """Three things in each of six, both seen under two conditions; numbered anew or through."""
    letter = head[0]
    return csv(
        head,
        [
            (
                f"{letter}{i + 1}",
                k + 1 + 3 * i * (not anew),
                label,
                *([j + 1] * (often > 1)),
                value(),
            )
            for i in range(6)
            for k in range(3)
            for label in labels
            for j in range(often)
        ],
    )


def _means(groups, others):
    return [(g, o, value(), value(1, 0.1), 8) for g in groups for o in others]


SHEETS = {
    "C1 numbered mice": Sheet(UNEVEN, "compare --value weight --group arm --unit mouse"),
    "C1 tracks": Sheet(
        _tracks(),
        "compare --value speed --group condition --unit TRACK_ID --block date",
        says=("FRAME",),
        never=("--unit FRAME", "--block FRAME"),
    ),
    "C2 arm by time": Sheet(
        TWO_BY_TWO,
        "compare --value y --group arm,time --block id",
        never=("--block arm", "--unit arm"),
    ),
    "C2 genotype by treatment": Sheet(
        _FACTORS,
        "compare --value y --group genotype,treatment --unit animal",
        says=("two factors",),
        never=("--block",),
    ),
    "C3 share of a total": Sheet(
        _SHARE,
        "compare --response positive/total --group genotype --unit mouse",
        never=("--value total", "--unit mouse/positive", "--block positive"),
    ),
    "C3 0 and 1": Sheet(
        csv("mouse,treated,y", [(f"m{i}", int(i > 5), value()) for i in range(12) for _ in "ab"]),
        "compare --value y --group treated --unit mouse",
        never=("--against",),
    ),
    "C3 two columns of 0 and 1": Sheet(
        csv(
            "drugA,drugB,mouse,y",
            [(a, b, f"m{a}{b}{i}", value()) for a in "01" for b in "01" for i in "1234"],
        ),
        "compare --value y --group drugA,drugB",
        never=("--against",),
    ),
    "limits of detection": Sheet(
        csv(
            "animal,arm,rep,cytokine",
            [
                (f"{arm}{i}", arm, r, "<2.5" if i + r == 2 else value(6, 1))
                for arm in ("vehicle", "LPS")
                for i in range(5)
                for r in (1, 2)
            ],
        ),
        "compare --value cytokine --response censored --group arm --unit animal",
        never=("--na",),
    ),
    "C3 counts beside the value": Sheet(
        csv(
            "neuron,condition,puncta,intensity",
            [
                (f"n{i}", "ctl" if i < 6 else "siRNA", _RNG.poisson(6), value(100, 10))
                for i in range(12)
                for _ in range(4)
            ],
        ),
        "compare --value intensity --group condition --unit neuron",
        never=("--unit neuron/puncta", "--block puncta", "--group puncta"),
    ),
    "C3 a second column of animals": Sheet(
        csv("grp,unit,y", [(g, f"{g}{i}", value()) for g in "ab" for i in "123" for _ in "xy"]),
        "compare --value y --group grp --unit unit",
        never=("--group unit",),
    ),
    "C5 fill down": Sheet(
        _FILL,
        "compare --value y --group arm --unit animal --fill-down arm,animal",
        says=("continue the label above",),
    ),
    "C5 summary rows": Sheet(
        csv(
            ",control,low,high",
            [*((f"exp {i}", value(5), value(6), value(8)) for i in range(6))],
        )
        + "Mean,5,6,8\nSD,1,1,1\nn,6,6,6\n",
        "compare --wide groups --block 'column 1' --skip-rows 8-10",
        says=("'Mean', 'SD', 'n'",),
        never=("--against",),
    ),
    **{
        f"rows that are summaries of others: {name}": Sheet(
            _below_each(*of, mean=mean),
            f"compare --value x --group arm --skip-rows {rows}",
            says=(says, "other rows, no reading"),
            never=("--block",),
        )
        for name, of, mean, rows, says in [
            ("with their arm", ("mean {arm}", "SD {arm}"), True, "6-7,12-13", "'mean ctl'"),
            ("behind their arm", ("{arm} mean",), True, "6,11", "'drug mean'"),
            ("of what", ("Group mean",), True, "6,11", "'Group mean'"),
            ("of all, a number of its own", ("Grand mean",), False, "6,11", "'Grand mean'"),
            ("by their numbers", ("Overall",), True, "6,11", "'Overall'"),
            ("signs", ("Ø", "s"), True, "6-7,12-13", "'Ø', 's'"),
            ("without a label", ("",), True, "6,11", "the mean of those above"),
        ]
    },
    **{
        f"labels that hold several in one: {name}": Sheet(
            csv("ID,arm,y", [(form.format(g=g, i=3 * k + i, j=j), g, value()) for k, g in
                 enumerate(("ctl", "drug")) for i in (1, 2, 3) for j in ends]),
            f"compare --value y --group arm {unit} of ID'",
            says=(f"ID seems to hold several labels in one ({one})", f" ({stem}, {len(ends)} rows"),
        )
        for name, form, ends, one, stem, unit in [
            ("mouse, section", "{g}_m{i}_s{j}", "123", "ctl_m1_s1", "ctl_m1",
             "--unit m --edit 'm = parts 1-2"),
            ("mouse-replicate", "{i}-{j}", "123", "1-1", "1",
             "--unit 'ID 1' --edit '\"ID 1\" = part 1"),
            ("two kidneys", "M{i}{j}", "LR", "M1L", "M1", "--unit M --edit 'M = part 1"),
        ]
    },
    "numbers of dam and pup in one are no values": Sheet(
        csv("ID,Dam treatment,Brain (mg)", [(f"{i}.{j}", g, value(400)) for i in range(1, 9)
             for g in ["MIA" if i % 2 else "Sal"] for j in range(1, 5)]),
        "compare --value 'Brain (mg)' --group 'Dam treatment' --unit 'ID 1' "
        """--edit '"ID 1" = part 1 of ID'""",
        says=("ID seems to hold several labels in one (1.1)", "(1, 4 rows)"),
        never=("--value ID",),
    ),
    "places below a header, in every experiment": Sheet(
        ",Control,,,Treated,,\n"
        + csv("Exp,a,b,c,a,b,c", [(f"Exp {i}", *(value() for _ in "abcabc")) for i in "1234"]),
        "compare --value value --group group --block Exp",
    ),
    "labels that hold groups, with a blank": Sheet(
        csv("sample,day,y", [(f"{g} {i}", d, value()) for g in ("Vax", "PBS") for i in "1234"
             for d in (0, 14, 28)]),
        "compare --value y --group group,day --block sample --edit 'group = part 1 of sample'",
        says=("makes group (Vax, 12 rows) of its parts",),
    ),
    "labels whose parts stand in columns of their own": Sheet(
        csv("ID,mouse,arm,y", [(f"{g}_m{i}_s{j}", f"{g}_m{i}", g, value())
             for g in ("ctl", "drug") for i in "1234" for j in "123"]),
        "compare --value y --group arm --unit mouse",
        never=("--unit ID",),
    ),
    **{
        f"marks in ears name the animals of a cage: {name}": Sheet(
            csv(f"cage,{name},drug,y", [(c, e, "ab"[c % 2], value()) for c in range(1, 7)
                 for e in ("L", "R", "N", "LR") for _ in "12"]),
            f"compare --value y --group drug --unit 'cage/{name}'",
            never=("--relabel-units", f"{name},drug"),
        )
        for name in ("ear", "Ear tag", "ear_notch")
    },
    "left and right ears of mice are compared within them": Sheet(
        csv("mouse,ear,y", [(m, e, value()) for m in range(1, 7) for e in "LR" for _ in "12"]),
        "compare --value y --group ear --block mouse",
    ),
    "classes a and b of every school lie in it": Sheet(
        csv("school,class,pupil,arm,y", [(i, c, f"{i}{c}{k}", g, value()) for i in range(1, 9)
             for g in [("new", "old")[i % 2]] for c in "ab" for k in range(4)]),
        "compare --value y --group arm --unit school/class",
        never=("class,arm", "arm,class"),
    ),
    "two observers count the same leaves": Sheet(
        csv("Plant,Type,Leaf no,Observer,y", [(p, g, leaf, o, value()) for g in ("Col", "epf2")
             for p in "1234" for leaf in "567" for o in ("JK", "MB")]),
        "compare --value y --group Type --unit 'Plant/Leaf no' --relabel-units",
        never=("--block Observer",),
    ),
    "mice numbered anew in two cohorts, met in sessions": Sheet(
        csv("Cohort,Mouse,Genotype,Session,y", [(c, m, ("WT", "KO")[m % 2], s, value())
             for c in "12" for m in range(1, 7) for s in "123"]),
        "compare --value y --group Genotype,Session --block Cohort/Mouse",
        never=("--block Mouse ", "--unit Mouse/"),
    ),
    **{
        f"{name} in experiments are a second factor: {few}": Sheet(
            csv(f"expt,strain,{name},y", [(e, s, t, value()) for e in ("E1", "E2", "E3", "E4")
                 for s in ("WT", "mut") for t in few for _ in range(many)]),
            f"compare --value y --group strain,{name} --block expt",
            never=("--relabel-units",) * (many > 1),
        )
        for name, few, many in [("day", (1, 7), 1), ("day", (1, 7, 14), 3), ("age", (3, 24), 1),
                                ("age", (3, 24, 30), 3), ("temp", (37, 42), 3)]
    },
    "two cohorts of mice are no blocks": Sheet(
        csv("Mouse_ID,Cohort,Genotype,y", [(4000 + 3 * k, f"Cohort {k // 8 + 1}",
             ("WT", "Het")[k % 2], value()) for k in range(16)]),
        "fit 'y ~ Genotype + Cohort'",
        says=("so few Cohort cannot tell how far it varies", "--group Genotype --block Cohort"),
    ),
    "two cohorts of mice with readings are no blocks": Sheet(
        csv("Batch,Mouse,Genotype,y", [(b, f"{b}{k}", ("WT", "Het")[k % 2], value())
             for b in "AB" for k in range(8) for _ in "12"]),
        "fit 'y ~ Genotype + Batch + (1 | Mouse)'",
        says=("--group Genotype --unit Mouse --block Batch",),
    ),
    "five cohorts of mice are blocks": Sheet(
        csv("Cohort,Mouse,Genotype,y", [(b, f"{b}{k}", ("WT", "Het")[k % 2], value())
             for b in "ABCDE" for k in range(4) for _ in "12"]),
        "compare --value y --group Genotype --unit Mouse --block Cohort",
    ),
    "curves of more points than a design has means for": Sheet(
        csv("Time (h),WT 1,WT 2,WT 3,KO 1,KO 2,KO 3",
            [(t, *(value(t + 1, 0.3) for _ in range(6))) for t in range(14)]),
        "compare --wide units --unit unit",
        says=("Means over all Time (h) are compared, as by areas under curves",),
    ),
    "many points of curves take their time": Sheet(
        csv("strain,replicate,time_min,OD", [(g, k, t, value(t / 50, 0.1)) for g in ("WT", "KO")
             for k in "123" for t in range(0, 720, 60)]),
        "fit 'OD ~ strain * C(time_min) + (1 | strain:replicate)'",
        says=("24 means at once take a minute or more, two time_min alone seconds: "
              "--edit 'only time_min = 0, time_min = 660' (edits in Python).",),
    ),
    "a date of birth is no factor": Sheet(
        csv("Mouse,Genotype,DOB,day,y", [(f"m{k}", ("WT", "KO")[k % 2],
             f"2023-05-0{k // 2 % 3 + 1}", d, value()) for k in range(12) for d in (0, 7, 14)]),
        "compare --value y --group Genotype,day --block Mouse",
        never=("DOB",),
    ),
    "tumour and normal tissue of a patient are a pair": Sheet(
        csv("Patient ID,Stage,Tumor,Normal", [(f"P{i}", ("I", "II", "III")[i % 3], value(6),
             value(5)) for i in range(15)]),
        "compare --wide groups --value Tumor,Normal --group column --block 'Patient ID'",
    ),
    "neurons before and under stimulation, numbered in fields of mice": Sheet(
        csv("Mouse,FOV,Neuron,dF/F pre,dF/F stim", [(f"m{m}", f, n, value(1, 0.1), value(2, 0.1))
             for m in range(5) for f in "12" for n in "1234"]),
        "compare --wide groups --block Mouse/FOV/Neuron",
        says=("One value for each Neuron and group: a paired design",),
    ),
    "media is what cells grow in": Sheet(
        csv("donor,arm,x", [(f"D{i}", g, value()) for i in "123" for g in _GIVEN]),
        "compare --value x --group arm --block donor",
        never=("--skip-rows",),
    ),
    "C6 n.d. in a replicate": Sheet(
        _REPLICATES.replace("ODD", "n.d."),
        "compare --value rep1,rep2,rep3 --group geno --unit animal --na n.d.",
        says=("not detected",),
    ),
    "C6 LOD in a replicate": Sheet(
        _REPLICATES.replace("ODD", "<LOD"),
        "compare --value rep1,rep3 --group geno --unit animal",
        says=("'<LOD' in row 4 and 1 more", "limit of detection", "Left out: rep2"),
    ),
    "C8 titles under each group": Sheet(
        NESTED,
        "compare --value value --group group --unit unit --relabel-units",
        says=("Are they the same unit each time?",),
    ),
    "C9 numbered titles": Sheet(SUBCOLUMNS, "compare --wide units"),
    "C9 repeated titles": Sheet(
        TITLES,
        "compare --value value --group group,Time --block unit",
        says=("Right if a column is one unit, read at every Time", "leave out --block unit"),
    ),
    "C9 repeated titles alone": Sheet(
        "\n".join(line.split(",", 1)[1] for line in TITLES.splitlines()) + "\n",
        "compare --wide units",
        says=("'WT_1', 'WT_2'",),
    ),
    "C10 four header rows": Sheet(
        TRACKMATE,
        "compare --value TRACK_MEAN_SPEED --group GROUP",
        says=("Row 2 repeats the names", "Row 4 holds units", "Left out: LABEL, TRACK_ID"),
    ),
    "German": Sheet(
        csv(
            "Maus,Gruppe,Gewicht",
            [(i, g, y.replace(".", ",")) for i, g, y in _numbered(("Kontrolle", "Behandelt"))],
            ";",
        ),
        "compare --value Gewicht --group Gruppe --unit Maus --decimal ,",
        ("--decimal", ","),
    ),
    "C3 curves of neurons": Sheet(
        csv(
            "Group,Animal,Neuron,Radius (um),Intersections",
            [
                (g, i, n, r, max(0, 9 - abs(r - 30) // 10 - (i * n + r // 10) % 3))
                for i, g in enumerate(4 * ("ctl",) + 4 * ("stress",), start=1)
                for n in (1, 2, 3)
                for r in range(10, 70, 10)
                if (i, n, r) != (8, 3, 60)
            ],
        ),
        "compare --value Intersections --group 'Group,Radius (um)' --block Animal/Neuron",
        says=(
            "Left out: Radius (um)",
            "means over all Radius (um) are compared, as by areas under curves. At one alone: "
            """add --edit 'only "Radius (um)" = 60'""",
            "--value Intersections --group Group --unit Animal/Neuron",
        ),
    ),
    "C3 values of PCR beside their difference": Sheet(
        csv(
            "Experiment,siRNA,Ct GAPDH,Ct MYC,dCt",
            [
                (i, s, f"{19 + a:.2f}", f"{24.5 + k + b:.2f}", f"{5.5 + k + b - a:.2f}")
                for i, (a, b) in enumerate(
                    ((0.99, 0.01), (0.69, 0.03), (0.83, 0.16), (0.84, 0.31), (0.62, 0.12)), start=1
                )
                for k, s in enumerate(("siCtrl", "siA"))
            ],
        ),
        "compare --value dCt --group siRNA --block Experiment",
        says=("Left out: Ct GAPDH, Ct MYC.",),
    ),
    "C3 temperatures": Sheet(
        csv(
            "Group,Animal,Temperature (C),Eggs",
            [
                (g, i, t, (t - 20) + 3 + (7 * i + t) % 5)
                for i, g in enumerate(5 * ("ctl",) + 5 * ("tx",), start=1)
                for t in (20, 25, 30)
            ],
        ),
        "compare --value Eggs --group 'Group,Temperature (C)' --block Animal",
        says=("--value Eggs --group Group --unit Animal",),
        never=("--value 'Temperature (C)'",),
    ),
    "French": Sheet(
        csv(
            "souris,traitement,jour,poids",
            [
                (f"s{j}{t}{i}", t, j, value())
                for j in ("lun", "mar", "mer")
                for t in ("véhicule", "drogue")
                for i in range(3)
                for _ in range(2)
            ],
        ),
        "compare --value poids --group traitement --unit souris --block jour",
    ),
    "Spanish": Sheet(
        csv(
            "ratón,tratamiento,valor",
            [(f"r{i}", "salina" if i < 5 else "fármaco", value()) for i in range(10) for _ in "ab"],
        ),
        "compare --value valor --group tratamiento --unit ratón",
    ),
    "ear tags in no order": Sheet(_shuffled(), "compare --value mass --group diet --unit ear"),
    "Nr names the animals": Sheet(
        csv("Nr,arm,weight", _numbered(("ctl", "drug"))),
        "compare --value weight --group arm --unit Nr",
    ),
    "cells numbered through": Sheet(
        csv(
            "mouse,genotype,cell,area",
            [(f"m{k // 5}", "wt" if k < 20 else "ko", k + 1, value()) for k in range(40)],
        ),
        "compare --value area --group genotype --unit mouse",
    ),
    "cells numbered in each mouse": Sheet(
        csv(
            "mouse,genotype,cell,area",
            [(f"m{i}", "wt" if i < 4 else "ko", k, value()) for i in range(8) for k in range(1, 6)],
        ),
        "compare --value area --group genotype --unit mouse",
    ),
    "cages and mice in numbers": Sheet(
        csv(
            "cage,mouse,diet,kg",
            [
                (i + 1, i * 3 + k + 1, "chow" if i < 3 else "fat", value())
                for i in range(6)
                for k in range(3)
                for _ in range(2)
            ],
        ),
        "compare --value kg --group diet --unit cage/mouse",
    ),
    "before and after": Sheet(
        csv(
            "subject,arm,visit,score",
            [
                (f"p{i}", "placebo" if i < 6 else "active", v, value())
                for i in range(12)
                for v in ("pre", "post")
            ],
        ),
        "compare --value score --group arm,visit --block subject",
    ),
    "weeks of a rat": Sheet(
        csv(
            "week,rat,diet,kg",
            [(k, i, "chow" if i < 5 else "fat", value()) for i in range(10) for k in range(1, 6)],
        ),
        "compare --value kg --group week,diet --block rat",
        says=("Rows that differ in week", "--value kg --group diet --unit rat"),
        never=("--block week", "--unit week"),
    ),
    "numbers code groups": Sheet(
        csv(
            "diet,rat,week,weight",
            [(d, 4 * d + k, w, value()) for d in (1, 2, 3) for k in range(4) for w in (1, 2, 3)],
        ),
        "compare --value weight --group diet,week --block rat",
        says=("--value weight --group diet --unit rat",),
    ),
    "wells of two factors on days": Sheet(
        csv(
            "day,genotype,drug,well,y",
            [
                (f"d{i}", g, t, k, value())
                for i in range(4)
                for g in ("wt", "ko")
                for t in ("veh", "x")
                for k in (1, 2, 3)
            ],
        ),
        "compare --value y --group genotype,drug --block day",
        never=("--unit day",),
    ),
    "positions of a plate": Sheet(
        csv(
            "plate,position,arm,od",
            [
                (f"p{i}", k, a, value())
                for i in range(5)
                for k in range(1, 5)
                for a in ("ctl", "drug")
            ],
        ),
        "compare --value od --group arm --block plate",
        says=("--block plate/position",),
    ),
    "doses as names of columns": Sheet(
        csv("dish,0,0.1,1,10", [(f"d{i}", *(value() for _ in range(4))) for i in range(6)]),
        "compare --wide groups --block dish",
        never=("--against",),
    ),
    "a label that is the name of its column": Sheet(
        csv("control,mouse,y", [(g.replace("ctl", "control"), m, y) for g, m, y in _BEDS]),
        "compare --value y --group control --unit mouse",
    ),
    "SD is a strain": Sheet(
        csv("strain,rat,y", [(g.replace("trt", "SD"), m, y) for g, m, y in _BEDS]),
        "compare --value y --group strain --unit rat",
    ),
    "a title, skipped": Sheet(
        "Glucose, March\n" + csv("arm,mouse,y", _BEDS),
        "compare --value y --group arm --unit mouse --skip-rows 1",
        ("--skip-rows", "1"),
    ),
    "a header further down": Sheet(
        "Glucose\n\nby me\n" + csv("arm,mouse,y", _BEDS),
        "compare --value y --group arm --unit mouse --header-row 4",
        ("--header-row", "4"),
    ),
    "F1 littermates seen twice": Sheet(
        _twice("litter,pup,condition,y", anew=False),
        "compare --value y --group condition --block litter/pup",
        says=("Inside each litter several condition are met in each pup (3)",
              "each litter as a whole, or every pup? litter: design 1. pup: design 2."),
        never=("--unit",),
    ),
    "F1 pups numbered in every litter": Sheet(
        _twice("litter,pup,condition,y"),
        "compare --value y --group condition --block litter/pup",
        says=("pup 1, 2, 3 ... occur in more than one condition. Are they the same",),
        never=("--block pup",),
    ),
    "F1 slices of a mouse": Sheet(
        _twice("mouse,slice,drug,amplitude"),
        "compare --value amplitude --group drug --block mouse/slice",
        says=("slice 1, 2, 3 ... occur in more than one drug.",),
    ),
    "F1 cells of an animal, sweep after sweep": Sheet(
        _twice("animal,cell,drug,sweep,mV", anew=False, often=2),
        "compare --value mV --group drug --block animal/cell",
        says=("animal: design 1. cell: design 2.",),
        never=("cell/sweep",),
    ),
    "F1 plots in blocks": Sheet(
        _twice("block,plot,season,yield", ("dry", "wet"), anew=False),
        "compare --value yield --group season --block block/plot",
    ),
    "F1 wells before and after": Sheet(
        _twice("plate,well,time,signal", ("before", "after")),
        "compare --value signal --group time --block plate/well",
    ),
    "F1 plots numbered in every block": Sheet(
        _twice("block,plot,irrigation,yield", ("dry", "wet")),
        "compare --value yield --group irrigation --block block/plot",
        says=("plot 1, 2, 3 ... occur in more than one irrigation. Are they the same",),
    ),
    "F1 a day and an operator hold no animals": Sheet(
        _twice("day,mouse,drug,y", anew=False),
        "compare --value y --group drug --block mouse",
    ),
    "F2 times of one curve each": Sheet(
        csv("Time (h),Ctrl,Drug", [(h, value(h), value(h + 1)) for h in (0, 2, 4, 8, 12, 24)]),
        "compare --wide groups --block 'Time (h)'",
        says=("Each is one curve",),
        never=("--against",),
    ),
    "F2 doses of one curve each are no group": Sheet(
        csv("Conc (uM),WT,KO", [(c, value(), value()) for c in (0, 1, 3, 10, 30)]),
        "compare --wide groups --block 'Conc (uM)'",
    ),
    "F2 cycles beside samples": Sheet(
        csv("Cycle,Sample A,Sample B", [(i + 1, value(i), value(i + 1)) for i in range(40)]),
        "compare --wide groups --block Cycle",
        never=("--against",),
    ),
    "F2 doses, each with several rows": Sheet(
        csv("Conc (uM),WT,KO", [(c, value(), value()) for c in (0, 1, 3, 10, 30) for _ in "abc"]),
        "compare --wide groups --group 'Conc (uM),column'",
    ),
    "F2 an index that nothing names": Sheet(
        csv(",ctrl,drug", [(i + 1, value(), value()) for i in range(9)]),
        "compare --wide groups --value ctrl,drug",
        never=("--against",),
    ),
    "F2 light and dark": Sheet(
        csv("mouse,LD,SD", [(f"m{i}", value(), value()) for i in range(8)]),
        "compare --wide groups --block mouse",
        never=("--value LD ", "--sd"),
    ),
    "F2 an unstimulated column": Sheet(
        csv("Disease,Donor,US,LPS",
            [(g, f"{g}{i}", value(), value(15)) for g in ("healthy", "RA") for i in range(6)]),
        "compare --wide groups --group Disease,column --block Donor",
    ),
    "F2 means of several days": Sheet(
        csv("Group,Day,Mean,SD,N", _means(("ctl", "drug"), (0, 7, 14, 21))),
        "compare --value Mean --group Group --n N --sd SD --edit 'only Day = 21'",
        says=("the designs are of 21 alone", "the group is then Group,Day, without --edit"),
        never=("--block Day",),
    ),
    "F2 means of two factors": Sheet(
        csv("Genotype,Dose,Mean,SD,N", _means(("WT", "KO"), (0, 1, 10))),
        "compare --value Mean --group Genotype,Dose --n N --sd SD",
        never=("fit",),
    ),
    "F3 pups in the litters of dams": Sheet(
        csv("Dam,Treatment,Pup,Sex,mg",
            [(f"D{d + 1}", ("sal", "VPA")[d // 5], p + 1, "MF"[p % 2], value())
             for d in range(10) for p in range(6)]),
        "compare --value mg --group Treatment --unit Dam",
        never=("--block Pup",),
    ),
    "F3 doses are no units": Sheet(
        csv("Plate,Drug,Conc_nM,Viability",
            [(p + 1, d, c, value()) for p in range(3) for d in ("DMSO", "cmpdA", "cmpdB")
             for c in ((0,) if d == "DMSO" else (1, 10, 100, 1000)) for _ in "abc"]),
        "compare --value Viability --group Drug --block Plate",
        says=("Left out: Conc_nM.",),
        never=("--unit Conc_nM", "/Conc_nM"),
    ),
    "F3 leaves are not counted per height": Sheet(
        csv("Treatment,Pot,Plant,Height_cm,Leaves",
            [(t, f"{t}{p}", k + 1, value(), 5 + (3 * p + 2 * k) % 7)
             for t in ("mock", "ABA") for p in range(5) for k in range(3)]),
        "compare --value Height_cm --group Treatment --unit Pot",
        never=("--exposure", "/Leaves"),
    ),
    "F3 colonies of several dilutions": Sheet(
        csv("Mouse,Group,Dilution,Colonies,CFU/g",
            [(m + 1, ("naive", "vacc")[m // 5], f"1e-{3 + m % 2}", 20 + 7 * m % 11, 3500 + 901 * m)
             for m in range(10)]),
        "compare --value CFU/g --group Group",
    ),
    "F3 a ratio of two readings": Sheet(
        csv("Exp,Construct,Firefly,Renilla,Ratio",
            [(e + 1, c, a, b, f"{float(a) / float(b):.4f}") for e in range(3)
             for c in ("EV", "WT", "mut") for _ in "ab"
             for a, b in [(value(500, 30), value(90, 6))]]),
        "compare --value Ratio --group Construct --block Exp",
    ),
    "F4 an interval among readings": Sheet(
        csv("arm,sample,y_1,y_2,y_3",
            [(g, f"{g}{i}", value(), value(), "9.5-10" if i == 2 else value())
             for g in ("ctl", "drug") for i in range(7)]),
        "compare --value y_1,y_2,y_3 --group arm --unit sample --response censored",
    ),
    "F4 ages in classes are labels": Sheet(
        csv("arm,age,y", [(g, ("1-5", "6-10", "11-15")[i % 3], value())
                          for g in ("ctl", "drug") for i in range(12)]),
        "compare --value y --group arm,age",
    ),
    "F4 none of a stimulus is 0": Sheet(
        csv("Stimulation,experiment,Tx,eggs",
            [(s, f"H{e}", t, 20 + 7 * e + 3 * k) for e in range(5) for t in ("PBS", "inh")
             for k, s in enumerate(("0", "TNF", "IL1"))]),
        "compare --value eggs --group Stimulation,Tx --block experiment",
        never=("--unit Stimulation", "--block Stimulation"),
    ),
    "F5 temperatures are no units": Sheet(
        csv("Expt,Strain,Temp (°C),Rep,Survival (%)",
            [(e, s, t, r + 1, value(70, 5)) for e in ("06_01", "06_08", "06_20")
             for s in ("WT", "rpoS") for t in (37, 42) for r in range(3)]),
        "compare --value 'Survival (%)' --group 'Strain,Temp (°C)' --block Expt",
        never=("--unit", "--block Temp"),
    ),
    "F5 amounts without a unit are no units either": Sheet(
        csv("Expt,Strain,Heat,y", [(f"e{e}", s, t, value()) for e in range(4)
                                   for s in ("WT", "rpoS") for t in (37, 42, 45) for _ in "ab"]),
        "compare --value y --group Strain,Heat --block Expt",
        never=("--unit", "--block Heat"),
    ),
    "F5 lines of plants in trays": Sheet(
        csv("Tray,Pot,Line,Water,Leaf,Length_mm",
            [(t + 1, p + 1, ("Col-0", "abi1")[(t + p) % 2], ("wet", "dry")[p // 2], k + 1, value())
             for t in range(4) for p in range(4) for k in range(4)]),
        "compare --value Length_mm --group Line,Water --block Tray",
        never=("--unit Pot/", "--block Line"),
    ),
    "F5 years before and after": Sheet(
        csv("site,treatment,year,quadrat,cover",
            [(f"S{s + 1}", ("control", "burned")[s // 4], y, q + 1, value())
             for s in range(8) for y in (2019, 2020, 2021) for q in range(5)]),
        "compare --value cover --group treatment,year --block site",
        never=("--unit site/year",),
    ),
    "F5 both hemispheres of a rat": Sheet(
        csv("rat,hemisphere,section,cells",
            [(r + 1, h, s + 1, 20 + 7 * r + 3 * s) for r in range(6) for h in ("ipsi", "contra")
             for s in range(4)]),
        "compare --value cells --group hemisphere --block rat/section",
        never=("relabel",),
    ),
    "F5 patients before and after": Sheet(
        csv("patient,time,read,SBP", [(p + 1, t, r + 1, value(140, 9)) for p in range(8)
                                      for t in ("before", "after") for r in range(2)]),
        "compare --value SBP --group time --block patient",
        never=("relabel",),
    ),
    "F6 complete blocks that are called Rep": Sheet(
        csv("Rep,Cultivar,Yield", [(r + 1, c, value(5 + r)) for r in range(4) for c in "ABCDE"]),
        "compare --value Yield --group Cultivar --block Rep",
        says=("Are they the same Rep each time? Yes: design 1.",),
    ),
    "F6 complete blocks of Latin letters and numbers": Sheet(
        csv("Replicate,Treatment,y", [(f"R{r + 1}", f"T{t}", value(5 + r)) for r in range(5)
                                      for t in (3, 1, 2)]),
        "compare --value y --group Treatment --block Replicate",
    ),
    "F6 repetitions below each treatment": Sheet(
        csv("Cultivar,Rep,Yield", [(c, r + 1, value(5)) for c in "ABCDE" for r in range(4)]),
        "compare --value Yield --group Cultivar",
        says=("Are they the same Rep each time? Yes: design 2.",),
    ),
    "F6 a Latin square": Sheet(
        csv("Row,Column,Diet,Milk", [(i + 1, k + 1, "ABCD"[(i + k) % 4], value(25 + i))
                                     for i in range(4) for k in range(4)]),
        "fit 'Milk ~ Diet + C(Row) + C(Column)'",
        says=("Diet is compared within Row and Column", "Column 4 different numbers 1, 2, 3, 4"),
    ),
    "F6 a Latin square of cows": Sheet(
        csv("Diet,Cow,Period,Milk", [("abc"[(i + k) % 3], f"cow {i}", f"P{k + 1}", value(25 + i))
                                     for i in range(3) for k in range(3)]),
        "fit 'Milk ~ Diet + Period + (1 | Cow)'",
    ),
    "F6 what readings were converted to": Sheet(
        csv("Sample,Group,OD450 rep 1,OD450 rep 2,Conc. (pg/ml)",
            [(f"{g[0]}{i}", g, *(round(y * k, 3) for k in (1, 1.03)), round(90 * y + 30 * y * y, 1))
             for g in ("naive", "infected") for i in range(6) for y in [float(value(2, 0.4))]]),
        "compare --value 'Conc. (pg/ml)' --group Group",
        says=("The value could also be OD450 rep 1, OD450 rep 2",),
    ),
    "F6 another outcome beside readings": Sheet(
        csv("Mouse,Group,Grip 1,Grip 2,Grip 3,Weight (g)",
            [(f"{g[0]}{i}", g, *(value(90) for _ in "abc"), value(25)) for g in ("WT", "KO")
             for i in range(8)]),
        "compare --value 'Grip 1,Grip 2,Grip 3' --group Group --unit Mouse",
        says=("The value could also be Weight (g)",),
    ),
}  # fmt: skip
