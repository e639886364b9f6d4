"""Write docs/founding-question.md: every output in it comes from running the code shown.

Run as `python docs/founding_question.py`.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

PARTS = [
    """# The question this was built for

"Each of my data points is the mean of five replicates. How do I extend BEST one level up, how do I
do it when the same lines occur in both arms, is there a right way to write `y ~ 1 + group +
drug|group` without multiplying by zeros, and is it a good idea at all?"

Every output below was produced by running the code above it.

## 1. Five readings for every data point

Two groups, five units each (A to E), five readings of every unit. Name the unit and hand in the
readings; do not average them first.
""",
    """
import numpy as np
import nestimate as ne

rng = np.random.default_rng(7)
def unit(mean):
    return list(np.round(rng.normal(mean, 1.0, 5), 2))

drug = {name: unit(rng.normal(11.5, 0.8)) for name in "ABCDE"}
placebo = {name: unit(rng.normal(10.0, 0.8)) for name in "FGHIJ"}
result = ne.compare({"drug": drug, "placebo": placebo})
print(result)
""",
    """
The model is BEST with one level more: readings are normal about the mean of their unit, and the
means of units are Student-t about the mean of their group. `tau` is what BEST calls sigma.

## 2. Only the averages were kept

With the averages alone the error of a reading cannot be told from the spread between units. The
averages are then the data points of plain BEST, and the answer says what was lost. In this balanced
design the difference is nearly the same: averaging loses nothing of it.
""",
    """
averages = {
    group: [float(np.mean(readings)) for readings in units.values()]
    for group, units in (("drug", drug), ("placebo", placebo))
}
flat = ne.compare(averages)
for found in (result, flat):
    row = found.contrasts[0]
    print(f"{found.design.layout:7s} {row.mean:.2f}  {row.ci_low:.1f} to {row.ci_high:.1f}")
""",
    """
What the readings add is the separation of `tau` and `sigma` (would more readings help, or more
units?), the right weights where numbers of readings differ, and the true mean of every unit. What
must not be done is to pool the readings as if they were units:
""",
    """
pooled = {g: [y for readings in units.values() for y in readings]
          for g, units in (("drug", drug), ("placebo", placebo))}
wrong = ne.compare(pooled).contrasts[0]
right = result.contrasts[0]
print(f"pooled interval {wrong.ci_high - wrong.ci_low:.2f} wide, "
      f"with units {right.ci_high - right.ci_low:.2f}")
""",
    """
## 3. The same lines in both arms

Now four knock-out lines are each measured with and without the drug. A line is not a unit of one
group but a block that sees both: `block="line"`. This is what `y ~ 1 + drug + (drug | line)` says in
formulas. No column of zeros is multiplied anywhere: the effects of a line are integrated out, and in
the PyMC model (`result.to_pymc()`) they are looked up by index.
""",
    """
made = ne.simulate(
    {"groups": {"dmso": 10.0, "drug": 11.0}, "units": None, "blocks": 4, "readings": 6,
     "tau_block": 1.0, "tau_effect": 0.6, "total_r2": 0.7},
    seed=3,
)
table = made.table.rename(columns={"block": "line", "group": "treatment"})
blocked = ne.compare(table, value="value", group="treatment", block="line",
                     options={"rope": (-0.2, 0.2)})
print(blocked)
print({line: round(effect, 2) for line, effect in made.truth["effect"].items()}, "was the truth")
""",
    """
Someone with good reason to believe the effects alike can say so: fixing the spread of the effect
pulls the lines together.
""",
    """
alike = ne.compare(table, value="value", group="treatment", block="line",
                   options={"prior": {"tau_effect": 0.1}})
for free, fixed in zip(blocked.blocks, alike.blocks):
    print(f"{free.name:20s} {free.mean:5.2f}  with tau_effect = 0.1: {fixed.mean:5.2f}")
""",
    """
The pair plot shows every parameter against every other, with a red line at no difference.
""",
    """
blocked.plot_pair().savefig(FOLDER / "founding-pair.png", dpi=70)
""",
    """
![Pair plot of the blocked design](founding-pair.png)

## 4. Is there a right way to write it as a formula?

Yes: the treatment in the fixed part, and the treatment left of a bar with the line right of it. The
parentheses may be left out, as R users do. Every line has a level and a deviation in either arm, so
that swapping the reference only flips signs.
""",
    """
spelt = ne.fit("value ~ 1 + treatment + treatment|line", table, options={"rope": (-0.2, 0.2)})
for name, found in (("compare", blocked), ("formula", spelt)):
    row = found.contrasts[0]
    print(f"{name}  {row.name} = {row.mean:.2f}, {row.ci_low:.1f} to {row.ci_high:.1f}; by line:",
          *(f"{b.mean:.2f}" for b in found.blocks))
""",
    """
`y ~ 1 + group + drug|group`, with the grouping factor itself in the fixed part, is answered too, and
told what it says:
""",
    """
odd = ne.fit("value ~ 1 + line + treatment|line", table, group="line")
print(*odd.design.warnings, sep="\\n")
""",
    """
## 5. Is it a good idea at all?

The answer itself says, for the data at hand: pooled readings, Welch's t on the averages, BEST on the
averages and the whole model stand side by side under "Beside other analyses" above.

Yes, when units differ in their number of readings, when one of them is far out, when you want to know
whether more readings or more units would help, or when the same lines occur in both arms. In a
balanced nested design with normal data the difference of the averages is the same difference
(Murtaugh 2007, Ecology 88:56). Pooling the readings never is.
""",
]


def main() -> None:
    """Run the parts in turn and write them down with what they print."""
    scope: dict[str, Any] = {"FOLDER": HERE}
    page = []
    for part in PARTS:
        if part.startswith(("#", "\nThe", "\nWhat", "\n##", "\nSomeone", "\n![", "\n`y")):
            page.append(part.strip())
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(part, scope)
        page.append(f"```python\n{part.strip()}\n```")
        if printed.getvalue():
            page.append(f"```\n{printed.getvalue().rstrip()}\n```")
    (HERE / "founding-question.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
