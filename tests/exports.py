"""Tables as programs and instruments export them: what inspect must propose first, and must say."""

import numpy as np

from laboratory import Sheet, csv

_RNG = np.random.default_rng(21)


def value(middle=10.0, spread=1.0):
    return f"{_RNG.normal(middle, spread):.2f}"


def columns(titles, at=(), first="", rows=4):
    """Return a table of readings under titles, beside times, doses or positions."""
    head = ",".join([first, *titles] if first else titles)
    places = at or range(rows)
    return csv(head, [((t,) if first else ()) + tuple(value() for _ in titles) for t in places])


def long(head, *levels, rows=None):
    """Return rows of all combinations, one reading each; `{}` in a label is what stands before."""
    made = rows or [()]
    for level in levels:
        made = [(*row, entry) for row in made for entry in level]
    return csv(head, [(*row, value()) for row in made])


LINES = ("HeLa", "A549", "MCF7", "U2OS")
HOURS = (0, 1, 2, 4, 8, 24)
SIX = ("WT_1", "WT_2", "WT_3", "KO_1", "KO_2", "KO_3")
ALONG = "compare --wide units --group group,{} --block unit"
MICE = [(f"{g}{i}", g) for g in ("wt", "ko") for i in range(5)]
SEVENTEENTHS = [(5 + 17 * i % 60, labels) for i, labels in enumerate(MICE)]
COUNTED = [(i * i % 13, m, g) for i, (m, g) in enumerate(MICE)]

TITLES = {
    "WT (n=1)": ("WT (n=1)", "WT (n=2)", "WT (n=3)", "KO (n=1)", "KO (n=2)", "KO (n=3)"),
    "WT #1": ("WT #1", "WT #2", "WT #3", "KO #1", "KO #2", "KO #3"),
    "WT rep 2": ("WT rep 1", "WT rep 2", "WT rep 3", "KO rep 1", "KO rep 2", "KO rep 3"),
    "WT mouse 2": ("WT mouse 1", "WT mouse 2", "WT mouse 3", "KO mouse 1", "KO mouse 2"),
    "WT-a": ("WT-a", "WT-b", "WT-c", "KO-a", "KO-b", "KO-c"),
    "1 WT": ("1 WT", "2 WT", "3 WT", "1 KO", "2 KO", "3 KO"),
    "WT:Y1": ("WT:Y1", "WT:Y2", "WT:Y3", "KO:Y1", "KO:Y2", "KO:Y3"),
    "Mouse3_KO": ("Mouse1_WT", "Mouse2_WT", "Mouse3_KO", "Mouse4_KO", "Mouse5_KO"),
    "Day 1 WT": ("Day 1 WT", "Day 1 KO", "Day 2 WT", "Day 2 KO", "Day 3 WT", "Day 3 KO"),
}

EXPORTS = {
    **{
        f"titles like {name}": Sheet(columns(titles), "compare --wide units")
        for name, titles in TITLES.items()
    },
    "XY of times": Sheet(
        columns(SIX, HOURS, "Time (h)"),
        "compare --wide units --group 'group,Time (h)' --block unit",
        says=(
            "Time (h) numbers 0 to 24 when, at which dose or where units were read",
            "Right if a column is one unit, read at every Time (h)",
            "leave out --block unit",
            "Means over all Time (h) are compared, as by areas under curves",
        ),
        never=("--against", "--block Time"),
    ),
    "XY of times under titles with n": Sheet(
        columns(TITLES["WT (n=1)"], HOURS, "Time"), ALONG.format("Time")
    ),
    "XY of doses": Sheet(
        columns(SIX, (0, 0.1, 1, 10), "Dose"), ALONG.format("Dose"), never=("--value Dose",)
    ),
    "XY of concentrations": Sheet(
        columns(SIX, range(-9, -3), "log[Agonist] M"),
        "compare --wide units --group 'group,log[Agonist] M' --block unit",
    ),
    "XY of many positions": Sheet(
        columns(SIX, range(0, 200, 10), "Position (um)"),
        "compare --wide units --unit unit",
        says=("Left out: Position (um)",),
        never=("--block",),
    ),
    "XY with names that span the replicates": Sheet(
        columns(SIX, HOURS, "Time (h)").replace("WT_1,WT_2,WT_3,KO_1,KO_2,KO_3", "WT,,,KO,,"),
        "compare --value value --group 'group,Time (h)' --block unit",
        says=("Each column is one unit, read at every Time (h)",),
    ),
    "experiments in rows": Sheet(
        columns(SIX, ("e1", "e2", "e3", "e4", "e5"), "exp"), "compare --wide units --block exp"
    ),
    "summaries whose titles stand on lines of their own": Sheet(
        "Control,Treated\n5.1,6.2\n5.3,6.6\n5.2,6.1\n5.4,6.8\nMean,\n5.25,6.43\nSD,\n0.13,0.33\n",
        "compare --wide groups --skip-rows 6-9",
        says=("rows 6-9 ('Mean', 'SD') are summaries of other rows",),
    ),
    "groups that lie far apart": Sheet(
        "GFP,Cre\n5.07,10.28\n4.79,11.05\n4.93,10.57\n4.90,10.65\n4.37,10.31\n",
        "compare --wide groups",
    ),
    "groups that lie far apart, of donors": Sheet(
        "Donor,siNT,siA,siB\nd1,5.08,11.32,40.75\nd2,4.72,11.45,41.37\nd3,5.60,11.51,40.98\n",
        "compare --wide groups --block Donor",
    ),
    "groups with their n in the title": Sheet(
        columns(("WT (n=12)", "KO (n=9)", "HET (n=5)"), rows=5), "compare --wide groups"
    ),
    **{
        f"two of {name}": Sheet(
            long(f"mouse,genotype,{name},y", ("Il6", "Tnf"), rows=MICE),
            f"compare --value y --group genotype --edit 'only {name} = Il6'",
            says=(f"{name} says what was measured ('Il6', 'Tnf')", "put its name in place of Il6"),
            never=(f"unit mouse/{name}", f"--block {name}", f"--group {name}"),
        )
        for name in ("gene", "analyte", "target", "marker", "protein", "cytokine", "parameter")
    },
    "two genes, one a reference, in triplicate": Sheet(
        long("mouse,genotype,Gene,well,Ct", ("Gapdh", "IL 6"), (1, 2, 3), rows=MICE),
        "compare --value Ct --group genotype --unit mouse --edit 'only Gene = \"IL 6\"'",
        says=("'Gapdh' is usually what others are set in relation to", "delta Ct"),
    ),
    "genes in rows, replicates in columns": Sheet(
        columns(SIX, ("Il6", "Tnf", "Cxcl1"), "gene"),
        "compare --wide units --edit 'only gene = Il6'",
        never=("--block gene",),
    ),
    "a stimulus among the cytokines": Sheet(
        long("donor,arm,cytokine,MFI", ("none", "IL6"), rows=MICE),
        "compare --value MFI --group arm,cytokine --block donor",
        never=("--edit",),
    ),
    **{
        f"{before} and {after} in columns": Sheet(
            csv(f"animal,arm,{before},{after}", [(m, g, value(50), value(55)) for m, g in MICE]),
            f"compare --value {after!r} --group arm --adjust {before!r}",
            says=(f"Groups are compared at equal {before}", f"The change, {after} less {before},"),
            never=(f"--value {before}", "--wide replicates"),
        )
        for before, after in (
            ("pre", "post"),
            ("baseline", "week4"),
            ("before", "after"),
            ("weight_pre", "weight_post"),
            ("glucose day 0", "glucose day 28"),
            ("baseline score", "score"),
        )
    },
    "a baseline and two later visits": Sheet(
        csv(
            "animal,arm,sex,baseline,week 2,week 4",
            [(m, g, "mf"[i % 2], *(value() for _ in "abc")) for i, (m, g) in enumerate(MICE)],
        ),
        "compare --value 'week 4' --group arm --adjust baseline",
        says=(
            "The value could also be week 2",
            "fit '`week 4` - baseline ~ arm'",
            "fit '`week 4` ~ arm * sex + baseline'",
        ),
    ),
    "before and after in pairs": Sheet(
        csv("mouse,before,after", [(m, value(), value()) for m, _ in MICE]),
        "compare --wide groups --block mouse",
    ),
    "before and after of readings of a mouse": Sheet(
        csv("mouse,arm,pre,post", [(m, g, value(), value()) for m, g in MICE for _ in "ab"]),
        "compare --value post --group arm --unit mouse --adjust pre",
        says=("fit 'post - pre ~ arm + (1 | mouse)'",),
    ),
    "phases of the same animals": Sheet(
        long("animal,arm,phase,trial,latency", ("pre", "post"), (1, 2, 3), rows=MICE),
        "compare --value latency --group arm,phase --block animal",
    ),
    **{
        f"{within} of numbered {who}, {between} between, {n} readings": Sheet(
            csv(
                f"{who},{between},{within},y",
                [
                    (i, g, label, value())
                    for i, (_, g) in enumerate(MICE, start=start)
                    for label in labels
                    for _ in range(n)
                ],
            ),
            f"compare --value y --group {between},{within} --block {who}",
            says=(f"within each {who} (10 of them)",) if within == "Treatment" else (),
            never=(f"--group {within} --unit", ":"),
        )
        for within, labels, who, between, n, start in (
            ("Treatment", ("placebo", "drug"), "Subject", "Genotype", 1, 1),
            ("Treatment", ("placebo", "drug"), "Mouse", "Sequence", 3, 1),
            ("Treatment", ("veh", "drug"), "Mouse", "Genotype", 3, 101),
            ("Hemisphere", ("ipsi", "contra"), "Mouse", "Genotype", 1, 1),
            ("Stimulation", ("unstim", "LPS"), "Mouse", "Diet", 2, 1),
        )
    },
    **{
        f"{control} of {told or 'none'} in columns beside {', '.join(others)}": Sheet(
            csv(
                ",".join([*told, control, *others]),
                [
                    (*(f"e{i}" for _ in told), cell or value(100), *(value(60) for _ in others))
                    for i in range(5)
                ],
            ),
            "compare --wide groups" + (f" --block {told[0]}" if told else ""),
            says=says,
            never=(f"--value '{others[0]}" if " " in others[0] else f"--value {others[0]}",),
        )
        for told, control, others, cell, says in (
            (
                ["Experiment"],
                "Control",
                ("siRNA1", "siRNA2"),
                "100.0",
                ("100 for Control in every Experiment: the values were divided by",),
            ),
            (["Experiment"], "Control", ("siRNA1", "siRNA2"), "", ()),
            (["Blot"], "untreated", ("10 min", "30 min"), "1", ("divided by untreated",)),
            (["Donor"], "vehicle (100%)", ("DrugA", "DrugB"), "100", ()),
            ([], "siCtrl", ("siA #1", "siA #2"), "1", ()),
            (["Donor"], "WT", ("KO",), "1", ("divided by WT",)),
            ([], "Control", ("DrugA", "DrugB"), "100", ("compare them with that value",)),
        )
    },
    **{
        f"replicates titled {titles[0]}": Sheet(
            csv(f"Mouse,arm,{','.join(titles)}", [(m, g, *map(value, (9, 9, 9))) for m, g in MICE]),
            f"compare --value '{','.join(titles)}' --group arm --unit Mouse",
        )
        for titles in (
            ("Rep 1 (ng/ml)", "Rep 2 (ng/ml)", "Rep 3 (ng/ml)"),
            ("Grip 1 (N)", "Grip 2 (N)", "Grip 3 (N)"),
            ("IL-6 rep1 [pg/mL]", "IL-6 rep2 [pg/mL]", "IL-6 rep3 [pg/mL]"),
            ("1st reading", "2nd reading", "3rd reading"),
            ("Area 1 (mm2)", "Area 2 (mm2)", "Area 3 (mm2)"),
        )
    },
    **{
        f"times titled {titles[1]}": Sheet(
            csv(f"Mouse,arm,{','.join(titles)}", [(m, g, *map(value, (9, 9, 9))) for m, g in MICE]),
            f"compare --wide groups --group arm,{when} --block Mouse",
            says=(f"arm and {when} are two factors",),
            never=(f"--value {titles[0]} ",),
        )
        for when, titles in (
            ("D", ("D0", "D7", "D14")),
            ("P", ("P7", "P14", "P21")),
            ("Day", ("Day 0 (mm3)", "Day 7 (mm3)", "Day 14 (mm3)")),
            ("week", ("weight week 1 (g)", "weight week 2 (g)", "weight week 4 (g)")),
            ("T", ("T0", "T24", "T48")),
            ("column", ("0", "15", "60")),
        )
    },
    "donors in columns are no days": Sheet(
        csv("arm,sample,D1,D2,D3", [(g, m, *map(value, (9, 9, 9))) for m, g in MICE]),
        "compare --value D1,D2,D3 --group arm --unit sample",
    ),
    **{
        f"{who} through, {n} readings on every {again}": Sheet(
            csv(
                f"Genotype,{who},{again},y",
                [
                    (g, f"{mark}{i}", f"{letter}{k}", value())
                    for i, (_, g) in enumerate(MICE, start=1)
                    for k in (1, 2, 3)
                    for _ in range(n)
                ],
            ),
            f"compare --value y --group Genotype --unit {unit}",
            never=("--group Genotype --block",),
        )
        for who, mark, again, letter, n, unit in (
            ("Mouse", "", "Day", "", 4, "Mouse/Day"),
            ("Mouse", "", "Batch", "", 4, "Mouse/Batch"),
            ("Mouse", "", "Plate", "", 1, "Mouse"),
            ("Mouse", "", "Plate", "", 4, "Mouse/Plate"),
            ("Mouse", "M", "Operator", "", 4, "Mouse"),
            ("Mouse", "", "Operator", "", 4, "Mouse"),
            ("Donor", "D", "Clone", "c", 2, "Donor/Clone"),
            ("Donor", "D", "Plate", "", 4, "Donor/Plate"),
        )
    },
    **{
        f"{who} {mark}1 to {mark}5 again in every {' and '.join(factors)}": Sheet(
            csv(
                f"{','.join(factors)},{who},y",
                [(a, b, f"{mark}{i}", value()) for a in one for b in other for i in range(1, 6)],
            ),
            first,
            says=says,
        )
        for who, mark, factors, one, other, first, says in (
            (
                "Mouse",
                "m",
                ("Genotype", "Treatment"),
                ("WT", "KO"),
                ("veh", "drug"),
                "fit 'y ~ Genotype * Treatment + (1 | Genotype:Mouse)'",
                (
                    "The same Mouse label in another Genotype is another Mouse",
                    "occur in more than one Treatment. Are they the same Mouse each time?",
                ),
            ),
            (
                "Mouse",
                "",
                ("Genotype", "Treatment"),
                ("WT", "KO"),
                ("veh", "drug"),
                "fit 'y ~ Genotype * Treatment + (1 | Genotype:Treatment:Mouse)'",
                ("Are they the same Mouse each time? Yes: design 2", "(1 | Genotype:Mouse)"),
            ),
            (
                "Mouse",
                "",
                ("Genotype", "Eye"),
                ("WT", "KO"),
                ("left", "right"),
                "fit 'y ~ Genotype * Eye + (1 | Genotype:Mouse)'",
                (),
            ),
            (
                "Rat",
                "",
                ("DrugA", "DrugB"),
                ("no", "yes"),
                ("off", "on"),
                "fit 'y ~ DrugA * DrugB + (1 | DrugA:DrugB:Rat)'",
                ("Are they the same Rat each time?", "--group DrugA,DrugB --block Rat"),
            ),
            (
                "Donor",
                "d",
                ("Genotype", "Treatment"),
                ("WT", "KO"),
                ("veh", "drug"),
                "compare --value y --group Genotype,Treatment --block Donor",
                (),
            ),
        )
    },
    "two eyes of every rabbit, one of them treated": Sheet(
        csv(
            "Rabbit,Eye,Treatment,y",
            [
                (i, eye, ("treated", "control")[(i + k) % 2], value())
                for i in range(1, 9)
                for k, eye in enumerate(("OD", "OS"))
            ],
        ),
        "compare --value y --group Treatment --block Rabbit",
        says=("--group Eye,Treatment --block Rabbit", "Treatment alone: design 1. Eye and"),
        never=(":Rabbit",),
    ),
    "rats numbered under every treatment, read at three times": Sheet(
        long("Rat,Treatment,Time (min),y", ("sal", "A", "B"), (0, 30, 60), rows=zip(range(1, 7))),
        "fit 'y ~ Treatment * C(`Time (min)`) + (1 | Treatment:Rat)'",
        says=("--group 'Treatment,Time (min)' --block Rat", "Are they the same Rat each time?"),
    ),
    "doses with a unit as titles, donors beside": Sheet(
        csv("Donor,0 nM,10 nM,50 nM", [(i, *map(value, (9, 8, 7))) for i in range(1, 7)]),
        "compare --wide groups --block Donor",
        never=("--against",),
    ),
    "a mean, its SD and the number of cells": Sheet(
        csv(
            "Mouse,Group,Mean intensity,SD,Number of cells",
            [(i, g, value(100), value(9), 40 + i * i % 7) for i, (_, g) in enumerate(MICE)],
        ),
        "compare --value 'Mean intensity' --group Group --n 'Number of cells' --sd SD",
        never=("--block",),
    ),
    "replicates 1, 2, 3 of every experiment and condition are no pairs": Sheet(
        long("Condition,Experiment,Replicate,y", ("EV", "OE"), range(1, 5), (1, 2, 3)),
        "compare --value y --group Condition --block Experiment",
        never=("fit",),
    ),
    "an assay whose standards stand among the groups": Sheet(
        csv(
            "Sample,Group,Replicate,Conc",
            [
                *((f"Std{k}", "Standard", r, 1000 / 2**k) for k in range(5) for r in (1, 2)),
                *(("B", "Blank", r, value(1, 0.1)) for r in (1, 2)),
                *((m, g, r, value(100, 9)) for m, g in MICE for r in (1, 2)),
            ],
        ),
        "compare --value Conc --group Group --unit Sample "
        "--edit 'without Group = Standard' --edit 'without Group = Blank'",
        says=("Group holds standards and blanks of the assay",),
        never=("--block", "--relabel-units"),
    ),
    "lines with names in every experiment": Sheet(
        long("Cell line,Treatment,Experiment,y", ("DMSO", "Drug"), (1, 2, 3), rows=zip(LINES))
        + long("", ("DMSO", "Drug"), (1, 2, 3), rows=zip(LINES)).lstrip(),
        "compare --value y --group Treatment --unit Experiment --block 'Cell line' --relabel-units",
    ),
    "birthdays of animals, one in a row": Sheet(
        csv(
            "Mouse,Group,Date of birth,y",
            [(m, g, f"2024-03-{1 + i * 3 % 8:02d}", value()) for i, (m, g) in enumerate(MICE)],
        ),
        "compare --value y --group Group",
        says=("Left out: Mouse, Date of birth.",),
        never=("--unit",),
    ),
    **{
        f"columns of groups that lie far apart, {', '.join(titles)}": Sheet(
            csv(
                ",".join([*beside, *titles]),
                [(*(i for _ in beside), *map(value, middles)) for i in range(1, 7)],
            ),
            "compare --wide groups" + " --block Donor" * len(beside),
            never=("--against",),
        )
        for beside, titles, middles in (
            ([], ("GFP", "Cre"), (10, 25)),
            ([], ("siNT", "siA", "siB"), (10, 30, 28)),
            (["Donor"], ("siNT", "siA", "siB"), (10, 30, 28)),
            ([], ("WT male", "WT female", "KO male", "KO female"), (10, 11, 20, 25)),
        )
    },
    "different quantities in columns": Sheet(
        csv("Weight (g),Length (mm)", [(value(20), value(60)) for _ in range(6)]),
        "compare --value 'Weight (g)' --against 0",
    ),
    "titles of summaries on lines of their own": Sheet(
        columns(("Control", "Treated"), rows=6) + "Mean,\n5.25,6.43\nSD,\n0.13,0.33\n",
        "compare --wide groups --skip-rows 8-11",
        says=("rows 8-11 ('Mean', 'SD') are summaries",),
    ),
    "vials looked at on days 5, 10 and 15": Sheet(
        csv(
            "Genotype,Vial,Day,Alive,Dead",
            [
                (g, v, day, 20 - day // 5 - v % 3, day // 5 + v % 3)
                for g in ("ctl", "KD")
                for v in range(1, 6)
                for day in (5, 10, 15)
            ],
        ),
        "fit 'Alive ~ Genotype * C(Day) + (1 | Genotype:Vial)' --response Alive/total "
        "--edit 'total = Alive + Dead'",
        says=("The same Vial label in another Genotype is another Vial",),
    ),
    "scores of several things": Sheet(
        csv(
            "Animal,Group,Fibrosis score,Inflammation score,Total",
            [(i, g, "2323201003"[i], i * 3 % 5, 3 + i * 2 % 5) for i, (_, g) in enumerate(MICE)],
        ),
        "compare --value 'Fibrosis score' --group Group",
        says=("could also be Inflammation score, Total", "Left out: Animal"),
        never=("--block", "--unit"),
    ),
    "whole numbers at several times, vials numbered anew": Sheet(
        "Vial,Genotype,Day 5,Day 10,Day 15,Day 20\n"
        "1,wt,16,16,14,13\n2,wt,18,16,16,15\n3,wt,18,17,17,17\n4,wt,18,16,15,15\n"
        "1,ko,16,11,7,4\n2,ko,20,16,12,8\n3,ko,15,10,7,7\n4,ko,11,8,6,5\n",
        "compare --value 'Day 5,Day 10,Day 15,Day 20' --group Genotype",
        says=("Left out: Vial.",),
        never=("--unit Day", "--block Day", "--unit 'Day", "--block 'Day"),
    ),
    "weeks in columns": Sheet(
        csv(
            "Mouse,Diet,Week 1,Week 2,Week 3,Week 4",
            [(m, g, *(value() for _ in range(4))) for m, g in MICE],
        ),
        "compare --wide groups --group Diet,Week --block Mouse",
        says=("are the levels of a factor", "--value 'Week 1,Week 2,Week 3,Week 4' --group Diet"),
        never=("--value 'Week 1' ",),
    ),
    "trials in columns": Sheet(
        csv("Mouse,Genotype,Trial 1,Trial 2", [(m, g, value(), value()) for m, g in MICE]),
        "compare --value 'Trial 1,Trial 2' --group Genotype --unit Mouse",
    ),
    "grouped table of Prism": Sheet(
        ",Control,,,Treated,,\n"
        + "".join(f"{sex},{','.join(value() for _ in range(6))}\n" for sex in ("Male", "Female")),
        "compare --value value --group 'group,column 1'",
        never=("--against",),
    ),
    "qPCR plate": Sheet(
        "Block Type,96well,,,,\nExperiment,x,,,,\n,,,,,\n"
        + long(
            "Well,Sample Name,Biological Group,Target Name,Reporter,CT",
            ("Gapdh", "Il6"),
            ("SYBR",),
            rows=[(f"A{i}{k}", f"{m}x", g) for i, (m, g) in enumerate(MICE) for k in (1, 2)],
        ),
        "compare --value CT --group 'Biological Group' --unit 'Sample Name' --header-row 4 "
        "--edit 'only \"Target Name\" = Il6'",
    ),
    "ELISA reader": Sheet(
        csv(
            "Plate,Well,Sample,Group,Dilution,OD450,pg_ml",
            [
                (f"P{i % 2}", f"{'ABC'[d]}{i}{k}", m, g, d, value(1, 0.1), value(200, 20))
                for i, (m, g) in enumerate(MICE)
                for d in (1, 2)
                for k in "ab"
            ],
        ),
        "compare --value OD450 --group Group --unit Sample --block Plate",
        never=("Dilution",),
    ),
    "flow cytometry": Sheet(
        csv(
            "Sample,Group,CD3+ | Freq. of Parent,CD4+ | Freq. of Parent,Count",
            [(f"{m}.fcs", g, value(50), value(30), 9000 + 7 * i) for i, (m, g) in enumerate(MICE)],
        ),
        "compare --value 'CD3+ | Freq. of Parent' --group Group",
        never=("--n Count",),
    ),
    "populations of one parent": Sheet(
        long("Mouse,Genotype,Population,Percent", ("T cells", "B cells"), rows=MICE),
        "compare --value Percent --group Genotype --edit 'only Population = \"T cells\"'",
    ),
    "a western blot": Sheet(
        csv(
            "Blot,Lane,Condition,Actin,pERK,pERK/Actin",
            [
                (f"B{b}", lane, c, value(1000, 50), value(500, 50), value(1, 0.1))
                for b in range(4)
                for lane, c in enumerate(("ctl", "EGF", "EGF+inh"), start=1)
            ],
        ),
        "compare --value pERK/Actin --group Condition --block Blot",
    ),
    "a western blot of several lanes a group": Sheet(
        csv(
            "Blot,Lane,Sample,Group,Target,Actin",
            [
                (b, lane, f"{g}{b}{lane}", g, value(9000, 900), value(20000, 900))
                for b in (1, 2, 3)
                for lane, g in enumerate(("Ctrl", "Ctrl", "Ctrl", "Tx", "Tx", "Tx"), start=1)
            ],
        ),
        "compare --value Target --group Group --block Blot",
        says=("Left out: Lane, Sample, Actin. Right if every row is another Lane, equal labels",),
        never=("--unit Lane",),
    ),
    "a superplot": Sheet(
        long("Replicate,Treatment,Cell ID,Area", (1, 2, 3), ("ctl", "drug"), range(1, 9)),
        "compare --value Area --group Treatment --block Replicate",
        says=("Are they the same Replicate each time?", "Is it the same Cell ID measured again?"),
        never=("--block 'Cell ID'",),
    ),
    "experiments numbered in a column N": Sheet(
        long("N,Treatment,Cell ID,Area", (1, 2, 3), ("ctl", "drug"), range(1, 9)),
        "compare --value Area --group Treatment --block N",
        never=("--n N",),
    ),
    "biological and technical replicates": Sheet(
        long("Condition,BioRep,TechRep,Luciferase", ("EV", "OE"), range(1, 5), range(1, 4)),
        "compare --value Luciferase --group Condition --unit BioRep --relabel-units",
        says=("Are they the same BioRep each time?", "Left out: TechRep."),
    ),
    "drug by dose, names with spaces": Sheet(
        long("Plate,Drug,Dose (uM),Replicate,Viability (%)", "123", "AB", (0, 1, 10), (1, 2, 3)),
        "compare --value 'Viability (%)' --group 'Drug,Dose (uM)' --block Plate",
    ),
    "objects of images of wells": Sheet(
        long(
            "ImageNumber,ObjectNumber,Metadata_Compound,Metadata_Well,Metadata_Site,Area",
            rows=[
                (2 * w + s, o, "DMSO" if w < 4 else "cmpd", f"{'AB'[w // 4]}0{w % 4}", s)
                for w in range(8)
                for s in (1, 2)
                for o in range(1, 5)
            ],
        ),
        "compare --value Area --group Metadata_Compound --unit Metadata_Well/Metadata_Site",
    ),
    "labels of images": Sheet(
        csv(
            " ,Label,Area,Mean",
            [(i, f"{m}_m{i // 3}_{i % 3}.tif", value(), value()) for i, (m, _) in enumerate(MICE)],
        ),
        "compare --value Mean --against 0",
        says=("Label seems to hold several labels in one (wt0_m0_0.tif)",),
    ),
    "merged cells, groups above days": Sheet(
        "Control,,,Treated,,\n"
        + columns(("Day 0", "Day 7", "Day 14", "Day 0", "Day 7", "Day 14"), rows=6),
        "compare --value value --group group,time --block unit",
        says=("each row of a group is one unit",),
        never=("--relabel-units",),
    ),
    "merged cells, groups above days, animals beside": Sheet(
        "Animal,Control,,,Treated,,\n"
        + columns(("Day 0", "Day 7", "Day 14", "Day 0", "Day 7", "Day 14"), "abcdef", "Animal")
        .replace("Animal", "", 1),
        "compare --value value --group group,time --block Animal",
    ),
    "water maze": Sheet(
        long("Animal,Genotype,Day,Trial,Latency", (1, 2, 3), (1, 2, 3, 4), rows=MICE),
        "compare --value Latency --group Genotype,Day --block Animal",
        says=("--group Genotype --unit Animal", "Rows that differ in Day"),
        never=("--block Day", "--unit Animal/Day", "--unit Animal/Trial"),
    ),
    **{
        f"curves along {x}": Sheet(
            long(f"Group,Animal,{x},y", at, rows=[(g, m) for m, g in MICE]),
            f"compare --value y --group 'Group,{x}' --block Animal",
            says=(f"means over all {x} are compared", "--group Group --unit Animal"),
        )
        for x, at in {
            "Intensity (dB)": (20, 40, 60, 80),
            "Frequency (Hz)": (1, 5, 10),
            "Depth (mm)": (1, 2, 3),
            "von Frey (g)": (0.4, 0.6, 1, 1.4),
            "log conc": (-9, -8, -7),
            "Age (weeks)": (4, 8, 12),
        }.items()
    },
    "growth in wells numbered in every strain": Sheet(
        long("Time (h),Strain,Replicate,OD600", ("WT", "dksA"), (1, 2, 3), rows=zip(HOURS)),
        "fit 'OD600 ~ Strain * C(`Time (h)`) + (1 | Strain:Replicate)'",
        says=("Are they the same Replicate each time?",),
    ),
    "growth at many times": Sheet(
        csv(
            "Strain,Well,Time (h),OD600",
            [
                (s, f"{s}{k}", t / 4, f"{1 / (1 + 2 ** (4 - t / 8)) + 0.01 * k:.3f}")
                for s in ("WT", "dksA")
                for k in (1, 2, 3)
                for t in range(60)
            ],
        ),
        "fit 'OD600 ~ Strain * `Time (h)` + (`Time (h)` | Well)'",
        says=(
            "How fast OD600 changes along Time (h) is compared between Strain",
            """At one alone: add --edit 'only "Time (h)" = 14.75'""",
            "--group Strain --unit Well",
        ),
        never=("--block", "Time (h),Strain"),
    ),
    "branches at many radii": Sheet(
        csv(
            "Group,Animal,Neuron,Radius (um),Intersections",
            [
                (g, m, n, r, max(0, 12 - abs(r - 100) // 12 + (i * n + r) % 3))
                for i, (m, g) in enumerate(MICE)
                for n in (1, 2)
                for r in range(10, 200, 10)
            ],
        ),
        "compare --value Intersections --group Group --unit Animal/Neuron",
        says=("means over all Radius (um) are compared, as by areas under curves",),
        never=("Animal/Radius", "* `Radius"),
    ),
    "doses in rows, replicates in columns": Sheet(
        csv(
            "Conc (nM),Rep1,Rep2,Rep3",
            [(d, *(value(100 - d / 4) for _ in range(3))) for d in (0, 1, 3, 10, 30, 100, 300)],
        ),
        "compare --value Rep1,Rep2,Rep3 --group 'Conc (nM)'",
        says=("Every value is one data point: 3 in each of 7 groups",),
        never=("--against",),
    ),
    "a row for each treatment, replicates in columns": Sheet(
        csv("Treatment,Rep1,Rep2,Rep3", [(g, value(), value(), value()) for g in "ABC"]),
        "compare --value Rep1,Rep2,Rep3 --group Treatment",
    ),
    "samples in rows, their age beside replicates": Sheet(
        csv("Age,Rep1,Rep2,Rep3", [(a, value(), value(), value()) for a in (60, 41, 71, 33, 52)]),
        "compare --value Rep1,Rep2,Rep3 --against 0",
    ),
    "samples of plates, operators and kits": Sheet(
        csv(
            "Sample,Status,Plate,Operator,Kit lot,Conc",
            [
                (f"S{i}", ("case", "ctl")[i // 8], f"p{i * 7 % 3}", "AB"[i * i % 5 % 2], 7, value())
                for i in range(16)
            ],
        ),
        "compare --value Conc --group Status",
        says=("Left out: Sample, Plate, Operator, Kit lot", "--group Status --block Plate"),
        never=("--unit",),
    ),
    "animals in tubes and boxes": Sheet(
        csv(
            "Animal,Treatment,Tube,Box,Weight (g)",
            [(i, "ctl" if i < 8 else "drug", f"T{i * 7 % 5}", f"B{i % 3}", value())
             for i in range(16)],
        ),
        "compare --value 'Weight (g)' --group Treatment",
        says=("Left out: Animal, Tube, Box",),
        never=("--relabel-units",),
    ),
    "animals of operators and scanners": Sheet(
        csv(
            "Animal,Arm,Operator,Scanner,y",
            [
                (f"P{i}", "ab"[i % 2], "JKL"[i * i % 7 % 3], f"S{i * i % 3 % 2}", value())
                for i in range(20)
            ],
        ),
        "compare --value y --group Arm",
        never=("Arm,Scanner",),
    ),
    "pups of a litter in both arms": Sheet(
        csv(
            "Pup,Litter,Treatment,y",
            [(f"p{i}", f"L{i // 4}", "ab"[i % 2], value()) for i in range(16)],
        ),
        "compare --value y --group Treatment --block Litter",
    ),
    "duplicates of samples on plates": Sheet(
        long("Sample,Status,Plate,Duplicate,Conc", "ab", rows=[
            (f"s{i}", ("case", "control")[i % 2], f"P{i // 4}") for i in range(12)
        ]),
        "compare --value Conc --group Status --unit Sample --block Plate",
    ),
    **{
        f"conditions as titles: {', '.join(titles)}": Sheet(
            csv(",".join(titles), [tuple(map(value, places)) for _ in range(5)]),
            "compare --wide groups",
            never=(f"--value {titles[0]} --against", "--value 'Line 1' --against"),
        )
        for titles, places in {
            ("shScr", "sh1", "sh2"): (100, 40, 35),
            ("PBS", "LPS 10", "LPS 100"): (5, 40, 80),
            ("Line 1", "Line 2", "Line 3"): (5, 9, 12),
            ("Clone 1", "Clone 2", "Parental"): (5, 6, 12),
            ("Batch 1", "Batch 2"): (5, 9),
            ("Day 0", "Day 7"): (5, 9),
            ("T cells", "B cells"): (30, 12),
        }.items()
    },
    "lines as titles beside experiments": Sheet(
        csv("Experiment,Line 1,Line 2", [(i, value(5), value(9)) for i in range(1, 6)]),
        "compare --wide groups --block Experiment",
        never=("--against",),
    ),
    "days as titles beside mice": Sheet(
        csv("Mouse,Day 0,Day 7", [(m, value(5), value(9)) for m, _ in MICE]),
        "compare --wide groups --group Day --block Mouse",
        never=("--against",),
    ),
    "weights 1 and 2 of mice without groups": Sheet(
        csv("Mouse,Weight_1,Weight_2", [(m, y := value(), y) for m, _ in MICE]),
        "compare --value Weight_1,Weight_2 --unit Mouse --against 0",
        says=(
            "Are Weight_1, Weight_2 what you want to compare, or readings of one thing?",
            "--wide groups --block Mouse",
        ),
    ),
    "weights A, B and C of mice in groups": Sheet(
        csv(
            "Mouse,Group,Weight_A,Weight_B,Weight_C",
            [(m, g, value(), value(), value()) for m, g in MICE],
        ),
        "compare --value Weight_A,Weight_B,Weight_C --group Group --unit Mouse",
    ),
    "genes above duplicates beside numbered mice": Sheet(
        csv("Mouse,IL6,IL6,TNF,TNF", [(i, *map(value, (20, 20, 50, 50))) for i in range(1, 7)]),
        "compare --value value --group group --block Mouse",
        never=("--unit unit",),
    ),
    "replicates titled 1, 2, 3": Sheet(
        csv("Group,1,2,3", [(g, value(), value(), value()) for _, g in MICE]),
        "compare --value 1,2,3 --group Group",
    ),
    "replicates titled 1, 2, 3, a row for each group": Sheet(
        csv("Group,1,2,3", [(g, value(), value(), value()) for g in ("ctl", "drug")]),
        "compare --value 1,2,3 --group Group",
    ),
    "columns titled 1, 2, 3 beside mice": Sheet(
        csv("Mouse,Group,1,2,3", [(m, g, value(), value(), value()) for m, g in MICE]),
        "compare --wide groups --group Group,column --block Mouse",
        says=("--value 1,2,3 --group Group --unit Mouse",),
    ),
    "runs of an assay": Sheet(
        long("Sample,Group,Run,Conc (pg/ml)", (1, 2, 3), rows=[(m, g) for m, g in MICE]),
        "compare --value 'Conc (pg/ml)' --group Group --unit Sample",
    ),
    "channels along time": Sheet(
        columns(("Channel 1", "Channel 2", "Channel 3"), [k / 10 for k in range(30)], "Time (s)"),
        "compare --value 'Channel 1' --against 0",
        never=("--value Time", "Channel 1,Channel 2"),
    ),
    **{
        f"times such as {titles[1]}, number first": Sheet(
            csv(f"Mouse,arm,{','.join(titles)}", [(m, g, *map(value, range(3))) for m, g in MICE]),
            "compare --wide groups --group arm,time --block Mouse",
            says=("arm and time are two factors", *also),
            never=("--relabel-units",),
        )
        for titles, also in (
            (("0h", "6h", "24h"), ("Groups are compared at equal 0h",)),
            (("0 min", "30 min", "60 min"), ("Groups are compared at equal 0 min",)),
            (("glucose_0min", "glucose_30min", "glucose_60min"), ("at equal glucose_0min",)),
            (("1 day", "3 days", "7 days"), ()),
            (("weight 0d", "weight 7d", "weight 14d"), ("at equal weight 0d",)),
            (("1 dpi", "3 dpi", "7 dpi"), ()),
        )
    },
    "hours, number first, of one group": Sheet(
        csv("Mouse,0h,6h,24h", [(m, *map(value, range(3))) for m, _ in MICE]),
        "compare --wide groups --group time --block Mouse",
    ),
    "hours of two groups in the titles": Sheet(
        columns(("WT 6h", "WT 24h", "KO 6h", "KO 24h")), "compare --wide groups"
    ),
    "one title above the replicates, animals beside": Sheet(
        csv("Mouse,arm,IL6,IL6", [(m, g, value(), value()) for m, g in MICE]),
        "compare --value IL6_1,IL6_2 --group arm --unit Mouse",
        says=("Columns of the same title are numbered: 'IL6_1', 'IL6_2'",),
    ),
    "one title above the replicates of one group": Sheet(
        csv("Mouse,IL6,IL6", [(m, value(), value()) for m, _ in MICE]),
        "compare --value IL6_1,IL6_2 --unit Mouse --against 0",
    ),
    "one title above the replicates, a weight beside": Sheet(
        csv("Mouse,arm,weight,IL6,IL6", [(m, g, value(30), value(), value()) for m, g in MICE]),
        "compare --value IL6_1,IL6_2 --group arm --unit Mouse",
        says=("Left out: weight.",),
    ),
    **{
        f"counts of {one} and {other}": Sheet(
            csv(f"dish,arm,{one},{other}", [(m, g, k, 9 + k % 4) for k, m, g in COUNTED]),
            f"compare --response {f'{one}/total'!r} --group arm --edit '{edit}'",
            says=(f"{one} and {other} are taken as the two parts", f"counted beside {one}"),
            never=(f"--n {other}", "--value"),
        )
        for one, other, edit in (
            ("dead", "alive", "total = dead + alive"),
            ("n_pos", "n_neg", "total = n_pos + n_neg"),
            ("positive cells", "negative cells", 'total = "positive cells" + "negative cells"'),
            ("hatched", "unhatched", "total = hatched + unhatched"),
            ("responders", "non-responders", "total = responders + non-responders"),
        )
    },
    "two counts of several genes": Sheet(
        csv(
            "gene,dish,arm,dead,alive",
            [(x, m, g, k, 9 + k % 4) for k, m, g in COUNTED for x in "AB"],
        ),
        "compare --response dead/total --group arm --edit 'only gene = A' "
        "--edit 'total = dead + alive'",
    ),
    "two counts that always add up to twenty": Sheet(
        csv("dish,arm,left,right", [(m, g, k, 20 - k) for k, m, g in COUNTED]),
        "compare --response left/total --group arm --edit 'total = left + right'",
    ),
    **{
        f"{share} rounded beside {total}": Sheet(
            csv(f"dish,arm,{share},{total}", [(m, g, cell(k), 30 + k % 3) for k, m, g in COUNTED]),
            f"compare --value {share!r} --group arm",
            says=(
                f"By their names {share} is a share, and {total} of how many, but not every row",
                "could be total (of how many)",
                said,
            ),
            never=(f"--block {total}", f"/{total}", f"--n {total}"),
        )
        for share, total, cell, said in (
            ("pct", "total", lambda k: 21 + 5 * k, "(row 2: 21 % of 30 is 6.3)"),
            ("% pos", "cells", lambda k: f"{21.05 + 5 * k:.2f}", "--response '% pos/cells'"),
            ("fraction", "n", lambda k: f"{0.21 + 0.05 * k:.2f}", "0.21 of 30 is 6.3"),
        )
    },
    **{
        f"{kind} of samples without a group": Sheet(
            long(f"sample,{kind},{measured}", ("Gapdh", "Il6"), rows=zip("abcdef")),
            f"compare --value {measured} --against 0 --edit 'only {kind} = Il6'",
            says=(
                "Which sample was treated how? Write it into a column beside sample",
                f"If {kind} was given rather than measured, it is the group: --group {kind}",
            ),
            never=(f"--group {kind}", "--block"),
        )
        for kind, measured in (("target", "Ct"), ("cytokine", "pg_ml"), ("assay", "Cq"))
    },
    **{
        f"replicates of which one is {cell}": Sheet(
            csv(
                "mouse,arm,r1,r2,r3",
                [(m, g, value(), value(), value() if k else cell) for k, m, g in COUNTED],
            ),
            f"compare --value r1,r2,r3 --group arm --unit mouse {options}",
            never=("--value r1 ", "--value r1,r2 "),
        )
        for cell, options in (
            ("<0.5", "--response censored"),
            (">40", "--response censored"),
            ("n.d.", "--na n.d."),
            ("-", "--na=-"),
        )
    },
    **{
        f"{shape} with a limit": Sheet(text, line)
        for shape, text, line in (
            (
                "columns of groups",
                columns(("ctl", "drug"), rows=6) + f"<0.5,{value()}\n",
                "compare --wide groups --response censored",
            ),
            (
                "units in columns",
                columns(SIX, rows=6) + "<0.5," + ",".join(value() for _ in range(5)) + "\n",
                "compare --wide units --response censored",
            ),
            (
                "times in columns",
                csv(
                    "mouse,arm,t0,t6,t24",
                    [(m, g, value(), value() if k else "<2", value()) for k, m, g in COUNTED],
                ),
                "compare --wide groups --group arm,t --block mouse --response censored",
            ),
        )
    },
    **{
        f"times such as {titles[0]}": Sheet(
            csv(f"Mouse,arm,{','.join(titles)}", [(m, g, *map(value, range(3))) for m, g in MICE]),
            f"compare --wide groups --group arm,{when} --block Mouse",
            never=(f"--value '{titles[0]}' ", f"--block '{titles[2]}'"),
        )
        for when, titles in (
            ("Day", ("Day 1 alive", "Day 7 alive", "Day 14 alive")),
            ("day", ("Height day 7 (cm)", "Height day 14 (cm)", "Height day 21 (cm)")),
            ("week", ("score week1 left", "score week2 left", "score week4 left")),
        )
    },
    "plots inside blocks are not left out": Sheet(
        csv(
            "Cage,Mouse,Line,arm,day 1,day 2",
            [(f"c{i // 2}", m, "AB"[i % 2], g, value(), value()) for i, (m, g) in enumerate(MICE)],
        ),
        "compare --wide groups --value 'day 1,day 2' --group arm,day --block Cage/Mouse",
        says=("Left out: Line.",),
    ),
    "an assay with its standards": Sheet(
        csv("Well,Type,Group,pg_ml", [(f"A{k}", "Standard", "", 2**k) for k in range(5)])
        + "".join(f"{m},Unknown,{g},{value()}\n" for m, g in MICE),
        "compare --value pg_ml --group Group --edit 'only Type = Unknown'",
        says=("Type tells samples from standards, blanks or controls of the assay",),
    ),
    "unknown among the arms": Sheet(
        long("mouse,status,y", ("unknown", "infected", "blank"), rows=zip("abcdefgh")),
        "compare --value y --group status --block mouse",
        never=("--edit",),
    ),
    "a mean beside what it is of": Sheet(
        csv("sample,arm,Ct,Ct Mean", [(m, g, value(), value()) for m, g in MICE]),
        "compare --value Ct --group arm",
    ),
    "objects without a group": Sheet(
        csv(
            "Label,Area,Mean,Min,Max",
            [(f"ctl_{m}_{k}.tif", value(), value(), k % 4, 250 + k % 5) for k, m, _ in COUNTED],
        ),
        "compare --value Mean --against 0",
        never=("--group Min",),
    ),
    **{
        f"'{unit}' behind every number": Sheet(
            csv("mouse,arm,y", [(m, g, f"{value()}{unit}") for m, g in MICE]),
            "compare --value y --group arm",
            says=(f"'{unit.strip()}' behind the numbers is taken off 10 cells of 'y'.",),
        )
        for unit in ("%", " %", " mg", "ng/mL", " µm²", " a.u.")
    },
    "a unit behind replicates": Sheet(
        csv("mouse,arm,r1,r2", [(m, g, f"{value()} mg", f"{value()} mg") for m, g in MICE]),
        "compare --value r1,r2 --group arm --unit mouse",
        says=("taken off 10 cells of 'r1', 10 cells of 'r2'.",),
    ),
    "a unit behind numbers and limits": Sheet(
        csv("mouse,arm,y", [(m, g, f"{value() if k else '<0.5'} ng/mL") for k, m, g in COUNTED]),
        "compare --value y --response censored --group arm",
    ),
    "a unit behind numbers, one without": Sheet(
        csv("mouse,arm,y", [(m, g, f"{value()} mg" if k else "n.d.") for k, m, g in COUNTED]),
        "compare --value y --group arm --na n.d.",
    ),
    "doses and times with a unit": Sheet(
        long("mouse,dose,time,y", ("0.1 mg", "1 mg"), ("0 h", "6 h", "24 h"), rows=zip("abcdef")),
        "compare --value y --group dose,time --block mouse",
        never=("--value dose",),
    ),
    **{
        f"{one} and {other} that add up to {whole}": Sheet(
            csv(f"mouse,arm,{one},{other}", [(m, g, k, whole - k) for k, (m, g) in SEVENTEENTHS]),
            f"compare --value {one!r} --group arm",
            never=("--edit", "/total"),
        )
        for one, other, whole in (("open", "closed", 100), ("time open", "time closed", 300))
    },
    "means with doses for groups": Sheet(
        "fertilizer,Mean,Std. Err.,N\n0,6.64,0.43,9\n40,5.79,0.57,6\n80,5.56,0.53,6\n"
        "120,4.38,0.17,6\n",
        "compare --value Mean --group fertilizer --n N --se 'Std. Err.'",
    ),
    "Prism, unequally many columns that are named": Sheet(
        columns(
            (*(f"vial {i}" for i in (1, 2, 3)), *(f"vial {i}" for i in (1, 2, 3, 4))),
            ("before", "after"),
            ",control,,,treated,,,\nphase",
        ),
        "fit 'value ~ group * phase + (1 | group:unit)'",
        says=(
            "control, treated, each above 3 and 4 units",
            "the same unit each time? Yes: design 2",
        ),
    ),
    "Prism, unequally many columns that are numbered": Sheet(
        columns("1231234", ("sham", "MCAO"), ",m,,,f,,,\noperation"),
        "compare --value value --group group,operation --unit unit --relabel-units",
        says=("Are they the same unit each time? Yes: design 2. No, the labels were used again: ",),
        never=("--against",),
    ),
    "Prism, limits": Sheet(
        columns(("Y1", "Y2", "Y3", "Y1", "Y2", "Y3"), ("male", "female"), ",PBS,,,LPS,,\nSex")
        + "other,<2.5,8.1,7.9,<2.5,8.8,9.4\n",
        "compare --value value --response censored --group group --unit unit --relabel-units",
        says=("--response censored --group group,Sex --block unit",),
    ),
    "a mark in some rows, and what everybody has": Sheet(
        long("mouse,diet,flag", rows=[(m, g, "*!"[i % 2] * (i % 3 == 0)) for i, (m, g) in enumerate(
            [one for one in MICE for _ in "ab"]
        )]).replace("flag", "flag,mass"),
        "compare --value mass --group diet --unit mouse",
        never=("--group flag", "--fill-down"),
    ),
    "a carton in one group only": Sheet(
        long("dish,conc (nM),carton,MFI", rows=[
            (f"d{i}", (0, 1, 10)[i // 4], 1 if i < 4 else 2 + i % 2) for i in range(12)
        ]),
        "compare --value MFI --group 'conc (nM)'",
        says=("Left out: dish, carton",),
    ),
    "numbers of cartons are not compared": Sheet(
        long("vial,driver,carton,speed", rows=[
            (f"v{i}", ("Elav", "Repo")[i // 6], (1, 2, 2, 1, 2)[i % 5])
            for i in range(12) for _ in "ab"
        ]),
        "compare --value speed --group driver --unit vial",
        never=("--group carton", "driver * carton"),
    ),
    "how moist each pot was": Sheet(
        long("pot,nutrient,moisture,leaf,yield", rows=[
            (f"p{i}", ("none", "NPK")[i // 4], 7.5 + 0.3 * (5 * i % 7), leaf)
            for i in range(8) for leaf in range(3)
        ]),
        "compare --value yield --group nutrient --unit pot",
        says=("Left out: leaf", "The value could also be moisture"),
        never=("moisture --", "--block moisture"),
    ),
    "where on the plate each was, some places twice": Sheet(
        long(
            "donor,siRNA,loc,MFI",
            rows=[
                (f"d{i // 4}", ("scr", "YAP")[i % 2], f"{'ABCDEF'[4 * i // 3 % 6]}{1 + i // 2 % 5}")
                for i in range(24)
            ],
        ),
        "compare --value MFI --group siRNA --block donor",
        never=("loc --", "--block loc"),
    ),
    "doses of which none is nothing, beside sex": Sheet(
        long("rat,nM,Sex,latency", rows=[
            (f"r{i}", (0.01, 0.1, 1, 10)[i // 5], "mf"[i % 3 == 0]) for i in range(19)
        ]),
        "fit 'latency ~ C(nM) * Sex'",
        says=("--value latency --group nM",),
    ),
    "readings below each other, numbered in each well": Sheet(
        long(
            "construct,n,Well,viability (%)",
            rows=[
                (("siCtrl", "siTP53")[i // 5], k, f"{'HOVCJQXELS'[i]}{i + 1:02d}")
                for i in range(10)
                for k in range(1, 6)
            ],
        ),
        "compare --value 'viability (%)' --group construct --unit Well",
        never=("--unit n", "--block n"),
    ),
    "a line that is a genotype": Sheet(
        long("Linie,Maus,Schnitt,mm", rows=[
            (("+/+", "+/-", "-/-")[i // 4], f"M{i}", k) for i in range(12) for k in (1, 2)
        ]),
        "compare --value mm --group Linie --unit Maus",
    ),
    "one group of wells of different ages": Sheet(
        long("sample,replicate,age,IL-6", rows=[
            (f"H{i}", k, 11 + i * 3 % 4) for i in range(7) for k in (1, 2, 3)
        ]),
        "compare --value IL-6 --unit sample --against 0",
    ),
    "doses with decimal commas": Sheet(
        csv(
            "Schale,Konz. (µM),viabel",
            [(900 + 7 * i, d, f"{60 + 3 * i % 17},{i % 7}")
             for i, d in enumerate(("0", "0,5", "1", "2", "4") * 4)],
            ";",
        ),
        "compare --value viabel --group 'Konz. (µM)' --decimal ,",
        never=("--against",),
    ),
    "donors and the tubes that they are in": Sheet(
        long("donor_id,ligand,tube no,latency", rows=[
            (i, ligand, tube)
            for i, tube in enumerate((78, 67, 118, 9, 31), start=1)
            for ligand in ("no", "TNF", "IL1")
        ]),
        "compare --value latency --group ligand --block donor_id",
    ),
    "tags of donors in front of groups": Sheet(
        csv("donor,ctl,drug", [(d, value(20), value(24)) for d in (942, 274, 246, 631, 975)]),
        "compare --wide groups --block donor",
    ),
    "what donors weighed in front of groups": Sheet(
        csv("Donor ID,initial weight,none,aCD3",
            [(d, value(23), value(), value(7)) for d in "ABCDEF"]),
        "compare --wide groups --value none,aCD3 --block 'Donor ID'",
    ),
    "replicates of each line in front of groups": Sheet(
        csv("cell_line,rep,shScr,sh1,sh2",
            [(d, r, value(), value(7), value(8)) for d in "ABCD" for r in (1, 2, 3)]),
        "compare --wide groups --value shScr,sh1,sh2 --block cell_line",
    ),
    "replicates and plots that are numbers": Sheet(
        csv("rep,Plot,control,salt,heat",
            [(r, p, value(), value(8), value(9)) for p in range(1, 7) for r in (1, 2, 3)]),
        "compare --wide groups --value control,salt,heat --block Plot",
        never=("Plot,control",),
    ),
    "pots named anew in every group and read week by week": Sheet(
        csv("pot,fertilizer,T1,T2,T3,T4,T5",
            [(p, f, *(value(20 + t) for t in range(5))) for f in ("none", "NPK") for p in "ABCDE"]),
        "compare --value T1,T2,T3,T4,T5 --group fertilizer",
        says=("Left out: pot.",),
        never=("--value T1 ",),
    ),
    "rows without a name at several times": Sheet(
        csv("gender,t1,t2,t3,t4",
            [("MMFF"[i % 4], *(value(25 + t) for t in range(4)))
             for i in range(8)]),
        "compare --value t1,t2,t3,t4 --group gender",
        never=("--value t1 ",),
    ),
    "none of the stimuli beside the others": Sheet(
        csv("animal,Condition,0,TNF,IL1",
            [(f"A{431 + 17 * i}", ("PBS", "LPS")[i % 2], value(), value(11, 5), value(12))
             for i in range(12)]),
        "compare --wide groups --group Condition,column --block animal",
    ),
    "unstimulated and stimulated beside groups": Sheet(
        csv("aquarium,condition,unstim,stim",
            [(f"J{i:02d}", ("DMSO", "10 µM")[i % 2], value(), value(11)) for i in range(10)]),
        "compare --wide groups --group condition,column --block aquarium",
    ),
    "visits of subjects with tags in columns": Sheet(
        csv("subject,V1,V2,V3,V4",
            [(s, *(value(40 + v, 9) for v in range(4))) for s in (821, 827, 735, 114, 614, 423)]),
        "compare --wide groups --block subject",
    ),
    "visits of donors, each measured twice": Sheet(
        csv("donor,measurement,V1,V2,V3",
            [(d, m, *(value(40, 9) for _ in range(3))) for d in range(1, 6) for m in ("c1", "c2")]),
        "compare --wide groups --value V1,V2,V3 --block donor",
    ),
    "lettered readings beside a phase": Sheet(
        csv("experiment,phase,RIN,IL-6 A,IL-6 B,IL-6 C",
            [(e, p, 8.3, value(), value(), value())
             for e in ("K1998", "R3955", "F2695", "D1100") for p in ("day 0", "day 7")]),
        "compare --value 'IL-6 A,IL-6 B,IL-6 C' --group phase --block experiment",
    ),
    "readings of wells with tags": Sheet(
        csv("Well,condition,replicate 1,replicate 2,replicate 3",
            [(w, "CCCDDD"[i], 490 + 13 * i, (570, 492, 492, 55, 15, 38)[i], 330 + 31 * i)
             for i, w in enumerate((664, 391, 950, 767, 221, 763))]),
        "compare --value 'replicate 1,replicate 2,replicate 3' --group condition --unit Well",
    ),
    "running numbers called #, a few rows lost": Sheet(
        csv("Tank,arm,Fish,#,cell count",
            [(t, ("ctl", "drug")[i // 3], f, 9 * i + 3 * f + r - 2,
              (12, 20, 9, 19, 10, 24, 13)[(5 * i + 3 * f + r) % 7])
             for i, t in enumerate("ABCDEF") for f in (1, 2, 3) for r in (0, 1, 2)
             if (i, f, r) != (2, 2, 1)]),
        "compare --value 'cell count' --group arm --unit Tank/Fish",
    ),
    "seeds that germinated of those sown": Sheet(
        csv("sown,tray,n_germ,light",
            [(40 + 3 * i, f"no. {i // 3}", 11 + 5 * i % 17, ("dark", "blue", "red")[i % 3])
             for i in range(18)]),
        "compare --response n_germ/sown --group light --block tray",
    ),
    "positive cells of those counted": Sheet(
        csv("litter_id,water,construct,no.,Ki67+,counted",
            [(n, w, c, 4 * n + 2 * i + j - 3, (12, 11, 25, 24, 22, 26, 17)[(n + 3 * i + j) % 7], 50)
             for n in range(1, 6) for i, w in enumerate(("wet", "dry"))
             for j, c in enumerate(("EV", "WT"))]),
        "compare --response Ki67+/counted --group water,construct --block litter_id",
    ),
    "replicates of a header below two factors": Sheet(
        csv(",wt,,,mut,,", [("Diet", *("rep 1", "rep 2", "rep 3") * 2),
                            *((d, *(value() for _ in range(6))) for d in ("chow", "high fat"))]),
        "compare --value value --group group,Diet --unit unit --relabel-units",
        says=("the same unit each time? Yes: design 2",),
    ),
    "visits of animals whose readings stand side by side": Sheet(
        csv("animal,session,sex,value 1,value 2,value 3",
            [(a, f"V{v}", "fm"[a % 2], value(), value(), value())
             for a in range(1, 5) for v in (1, 2, 3)]),
        "compare --value 'value 1,value 2,value 3' --group session,sex --block animal",
    ),
    "days with gaps at which readings stand side by side": Sheet(
        csv("session,donor_id,M1,M2,M3",
            [(s, f"#{d}", value(), value(), value()) for d in range(1, 9) for s in (0, 7, 14, 28)]),
        "compare --value M1,M2,M3 --group session --block donor_id",
    ),
    "ligands on cells of two sexes": Sheet(
        long("cell_line,sex,date,ligand,CFU", ("CpG", "PMA", "US"),
             rows=[(f"no. {i}", sex, f"2024-03-0{day}")
                   for i, (sex, day) in enumerate(("f5", "m4", "f4", "m5", "f4"), start=1)]),
        "compare --value CFU --group ligand --block cell_line",
    ),
    "days of experiments in German": Sheet(
        long("Linie,Versuchstag,Wert", ("HET", "KO"), range(1, 7)),
        "compare --value Wert --group Linie --block Versuchstag",
    ),
    "blocks called rep, with tags": Sheet(
        long("rep,siRNA,Group,OD", ("O1976", "L6913", "D3343", "U5986"), ("siCtrl", "siA"),
             ("saline", "ketamine")),
        "compare --value OD --group siRNA,Group --block rep",
    ),
    "días de cada pocillo": Sheet(
        long("pocillo,tratamiento,día,MFI", (0, 15, 30, 60), rows=[
            (199 + 120 * i, ("control", "treated")[i % 2]) for i in range(6)
        ]),
        "compare --value MFI --group tratamiento,día --block pocillo",
    ),
    "siRNA against a gene, beside its control": Sheet(
        csv("Spender,siCtrl,siTP53", [(s, value(620, 90), value(110, 20))
                                      for s in ("H01", "O02", "V03", "C04") for _ in range(3)]),
        "compare --wide groups --block Spender",
    ),
    "before and hours after, three times in every line": Sheet(
        csv("Line,trial,baseline,1 h,24 h", [(s, f"#{k}", value(), value(11), value(12))
                                             for s in ("J4233", "J5377", "D2511", "X3118")
                                             for k in (1, 2, 3)]),
        "compare --wide groups --value 'baseline,1 h,24 h' --group column --block Line",
    ),
    "a genotype on one day only": Sheet(
        long("génotype,date,score", rows=[
            (g, f"2024-03-0{d}") for g, days in (("WT", "456"), ("HET", "546"), ("KO", "4"))
            for d in days for _ in range(2)
        ]),
        "compare --value score --group génotype",
        says=("Left out: date.",),
    ),
    "numbers of rats, one of them missing, beside cells": Sheet(
        csv("rat,traitement,nb cellules", [
            (i, ("ctl", "T1")[i > 9], (7, 5, 3, 5, 5, 8, 7, 9, 11, 4)[i * 7 % 10])
            for i in range(1, 19) if i != 6
        ]),
        "compare --value 'nb cellules' --group traitement",
    ),
}  # fmt: skip
