"""The layouts, sizes and priors that are calibrated."""

from experiments import Template
from factor_ranks import FACTORS
from formula_ranks import FORMULAS
from response_ranks import RESPONSES

FREE = "exponential(29, 1)"
#: Location, and scales: wide (down to zero), about 1, small and large beside 1.
MU, WIDE, ONE = "normal(0, 3)", "halfnormal(1)", "lognormal(0, 0.5)"
SMALL, LARGE = "lognormal(-1.5, 0.5)", "lognormal(1.2, 0.5)"


def _priors(nu=FREE, **scales):
    return {"mu": MU, "nu": nu, **scales}


TEMPLATES = {
    template.name: template
    for template in (
        Template(name="flat, 2 x 8", layout="flat", units=8, priors=_priors(tau=ONE)),
        Template(name="flat, 2 x 4, nu 2", layout="flat", units=4, priors=_priors(2, tau=ONE)),
        Template(
            name="flat, normal, groups of 14, 14 and 6",
            layout="flat",
            groups=3,
            units=14,
            fewer=8,
            robust=False,
            priors=_priors(tau=ONE),
        ),
        Template(
            name="flat, 2 x 120 (condensed)", layout="flat", units=120, priors=_priors(tau=LARGE)
        ),
        Template(
            name="nested, 2 x 3 x 4, tau small",
            layout="nested",
            units=3,
            readings=4,
            priors=_priors(tau=SMALL, sigma=ONE),
        ),
        Template(
            name="nested, 2 x 6 x 5, tau down to 0",
            layout="nested",
            units=6,
            readings=5,
            priors=_priors(tau=WIDE, sigma=ONE),
        ),
        Template(
            name="nested, 2 x 20 x 1-3, nu 2, tau large",
            layout="nested",
            units=20,
            readings=3,
            struck=0.3,
            priors=_priors(2, tau=LARGE, sigma=ONE),
        ),
        Template(
            name="nested, 3 groups x 3-5 x 1-4, nu 30",
            layout="nested",
            groups=3,
            units=5,
            readings=4,
            fewer=2,
            struck=0.3,
            priors=_priors(30, tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, normal, 2 x 5 x 1-4",
            layout="nested",
            units=5,
            readings=4,
            struck=0.4,
            robust=False,
            priors=_priors(tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, 6 and 3 x 3, heavy-tailed priors",
            layout="nested",
            units=6,
            readings=3,
            fewer=3,
            priors=_priors(tau="halfstudentt(4, 1)", sigma="halfstudentt(4, 1)"),
        ),
        Template(
            name="nested, 3 groups x 6 x 1-3, own tau",
            layout="nested",
            groups=3,
            units=6,
            readings=3,
            struck=0.3,
            own=True,
            priors=_priors(tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, log scale, 2 x 5 x 3",
            layout="nested",
            units=5,
            readings=3,
            scale="log",
            priors=_priors(tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, as means with n and SD, 2 x 6 x 1-4",
            layout="nested",
            units=6,
            readings=4,
            struck=0.4,
            summaries=True,
            priors=_priors(tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, own sigma, 2 x 5 x 3",
            layout="nested",
            units=5,
            readings=3,
            own_sigma=True,
            priors=_priors(tau=ONE, sigma=ONE),
        ),
        Template(
            name="nested, Student-t readings, 2 x 4 x 4",
            layout="nested",
            units=4,
            readings=4,
            robust=False,
            heavy_readings=True,
            priors=_priors(tau=ONE, sigma=ONE, nu_y=FREE),
        ),
        Template(
            name="nested, as means with known standard errors, 2 x 6 x 1-3",
            layout="nested",
            units=6,
            readings=3,
            struck=0.3,
            known_error=1.0,
            priors=_priors(tau=ONE),
        ),
        Template(
            name="nested, subunits, 2 x 4 x 3 x 2",
            layout="nested",
            units=4,
            subunits=(3,),
            readings=2,
            priors=_priors(tau=ONE, tau_level1=ONE, sigma=ONE),
        ),
        Template(
            name="nested, two levels of subunits, unbalanced, normal",
            layout="nested",
            units=5,
            subunits=(2, 2),
            readings=3,
            struck=0.3,
            robust=False,
            priors=_priors(tau=ONE, tau_level1=SMALL, tau_level2=ONE, sigma=ONE),
        ),
        Template(
            name="blocked, 6 x 2 x 3",
            layout="blocked",
            blocks=6,
            readings=3,
            priors=_priors(tau_block=LARGE, tau_effect=WIDE, sigma=ONE),
        ),
        Template(
            name="blocked, 15 x 2 x 1-3, nu 2, effect alike",
            layout="blocked",
            blocks=15,
            readings=3,
            struck=0.3,
            priors=_priors(2, tau_block=ONE, tau_effect=SMALL, sigma=ONE),
        ),
        Template(
            name="blocked, 4 x 3 x 0-4, normal",
            layout="blocked",
            groups=3,
            blocks=4,
            readings=4,
            struck=0.5,
            robust=False,
            priors=_priors(tau_block=ONE, tau_effect=ONE, sigma=ONE),
        ),
        Template(
            name="paired, 8 blocks",
            layout="paired",
            blocks=8,
            priors=_priors(tau_block=LARGE, tau_effect=ONE),
        ),
        Template(
            name="paired, 3 groups x 10 blocks, cells missing, nu 2",
            layout="paired",
            groups=3,
            blocks=10,
            struck=0.2,
            priors=_priors(2, tau_block=ONE, tau_effect=ONE),
        ),
        Template(
            name="blocked, 8 x 3 x 2, own tau_effect",
            layout="blocked",
            groups=3,
            blocks=8,
            readings=2,
            own=True,
            priors=_priors(tau_block=ONE, tau_effect=ONE, sigma=ONE),
        ),
        Template(
            name="paired, 3 groups x 12 blocks, cells missing, own tau_effect, nu 2",
            layout="paired",
            groups=3,
            blocks=12,
            struck=0.1,
            own=True,
            priors=_priors(2, tau_block=ONE, tau_effect=ONE),
        ),
        Template(
            name="blocked-nested, 5 x 2 x 2 x 3",
            layout="blocked-nested",
            blocks=5,
            units=2,
            readings=3,
            priors=_priors(tau_block=ONE, tau_effect=ONE, tau_unit=SMALL, sigma=ONE),
        ),
        Template(
            name="blocked-nested, 6 x 2 x 1-3 x 1-2, nu 30",
            layout="blocked-nested",
            blocks=6,
            units=3,
            readings=2,
            struck=0.3,
            priors=_priors(30, tau_block=ONE, tau_effect=ONE, tau_unit=ONE, sigma=ONE),
        ),
    )
}

#: All that is calibrated: groups, formulas, and what is compared of several factors.
GRID = TEMPLATES | FORMULAS | FACTORS | RESPONSES

#: What the broken programs are tried on: fault to template.
CONTROLS = {
    "pooled": Template(
        name="control: nested, normal, 2 x 4 x 4",
        layout="nested",
        units=4,
        readings=4,
        robust=False,
        priors=_priors(tau=ONE, sigma=ONE),
    ),
    "sd": Template(
        name="control: nested, 2 x 4 x 2, tau small",
        layout="nested",
        units=4,
        readings=2,
        priors=_priors(30, tau=SMALL, sigma=ONE),
    ),
    "ignored": Template(
        name="control: nested, 2 x 2 x 3, scales known",
        layout="nested",
        units=2,
        readings=3,
        priors=_priors(30, tau=1.0, sigma=0.5),
    ),
    "next": FACTORS["two factors, one between 2 x 8 animals with scales of each cell, 2 readings"],
}
