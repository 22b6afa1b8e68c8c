# benchmarks/peers/networks_of_bionetgen.py - .net files of rule-based benchmark models, expanded by BioNetGen.
"""python networks_of_bionetgen.py NAME FILE.net, with the packages of REQUIREMENTS. The rules are written here, in
BNGL; BNG2.pl of the package bionetgen (MIT, BNG2.pl GPL-3.0) expands them into species and reactions.

multistate, multisite2 and egfr_net are models of Gupta and Mendes, Computation 6:9 (2018): a receptor with a ligand
and an adapter that is phosphorylated in their complex; a protein with three sites, a kinase and a phosphatase; early
events of EGF signalling after Blinov et al., BioSystems 83:136 (2006)."""
import os
import subprocess
import sys
import tempfile

REQUIREMENTS = ["bionetgen==0.8.7"]


def block(name, lines):
    return "\n".join([f"begin {name}", *lines, f"end {name}"])


def bngl(start, rules):
    """`start`: {complex: copies}; `rules`: (rule, constant) or (rule, constant, constant of the way back)."""
    parameters, lines = [], []
    for rule, *constants in rules:
        names = [f"k{len(parameters) + i + 1}" for i in range(len(constants))]
        parameters += [f"{name} {k!r}" for name, k in zip(names, constants)]
        lines.append(f"{rule} {','.join(names)}")
    return "\n".join([block("parameters", parameters),
                      block("seed species", [f"{complex} {copies:.0f}" for complex, copies in start.items()]),
                      block("reaction rules", lines), "generate_network({overwrite=>1})", ""])


def multistate():
    on, off, there, back = 0.01, 0.1, 0.01, 0.1
    start = {"R(l,a)": 5360, "L(r)": 1160, "A(r,Y~U)": 5360}
    return bngl(start, [
        ("R(l) + L(r) <-> R(l!1).L(r!1)", on, off),
        ("R(a) + A(r) <-> R(a!1).A(r!1)", on, off),
        ("L(r!1).R(l!1,a!2).A(r!2,Y~U) -> L(r!1).R(l!1,a!2).A(r!2,Y~P)", there),
        ("A(Y~P) -> A(Y~U)", back)])


def multisite2():
    on, off = 0.01, 0.1
    sites = ("p1", "p2", "p3")
    start = {"R(a)": 5360, "L(a)": 1160, f"A({','.join(f'{site}~U' for site in sites)})": 5360}
    rules = []
    for site in sites:
        for enzyme, before, after, turnover in (("R", "U", "P", 5.0), ("L", "P", "U", 5.1)):
            bound = f"{enzyme}(a!1).A({site}~{before}!1)"
            rules += [(f"{enzyme}(a) + A({site}~{before}) <-> {bound}", on, off),
                      (f"{bound} -> {enzyme}(a) + A({site}~{after})", turnover)]
    return bngl(start, rules)


def egfr_net():
    """At a hundredth of the volume of the cell: copy numbers divided, constants of binding multiplied by 100. At the
    full one, a second has millions of events."""
    volume = 0.01
    copies = {"egf(r)": 1.2e6, "egfr(l,r,Y1068~Y,Y1148~Y)": 1.8e5, "Grb2(SH2,SH3)": 1e5, "Shc(PTB,Y317~Y)": 2.7e5,
              "Sos(dom)": 1.3e4, "Grb2(SH2,SH3!1).Sos(dom!1)": 4.9e4}
    grb2, sos, grb2_sos = "Grb2(SH2!9,SH3)", "Sos(dom)", "Grb2(SH2!9,SH3!8).Sos(dom!8)"
    receptor = {site: f"egfr({site}~pY!7)" for site in ("Y1068", "Y1148")}
    shc, shc_p, shc_p_there = "Shc(PTB!7,Y317~Y)", "Shc(PTB!7,Y317~pY)", "Shc(PTB!7,Y317~pY!9)"
    free_shc_p, free_shc_p_there = "Shc(PTB,Y317~pY)", "Shc(PTB,Y317~pY!9)"

    def apart(complex, bond):
        """The two sides of a bond, which is let go."""
        parts = complex.replace(f"!{bond}", "").split(".")
        at = [i for i, part in enumerate(complex.split(".")) if f"!{bond}" in part]
        return ".".join(parts[:at[1]]) + " + " + ".".join(parts[at[1]:])

    # What is bound, by which of its bonds, and the constants of binding and of letting go.
    bonds = [
        ("egfr(l!1,r).egf(r!1)", 1, 1.667e-6, 0.06),
        (f"{receptor['Y1068']}.{grb2.replace('9', '7')}", 7, 8.333e-7, 0.05),
        (f"{receptor['Y1068']}.Grb2(SH2!7,SH3!+)", 7, 1.25e-6, 0.03),
        (f"{receptor['Y1068']}.Grb2(SH2!7,SH3!8).{sos[:-1]}!8)", 8, 5.556e-6, 0.06),
        (f"{receptor['Y1148']}.{shc}", 7, 2.5e-5, 0.6),
        (f"{receptor['Y1148']}.{shc_p}", 7, 2.5e-7, 0.3),
        (f"{receptor['Y1148']}.{shc_p_there}.{grb2}", 7, 2.5e-7, 0.3),
        (f"{receptor['Y1148']}.{shc_p_there}.{grb2_sos}", 7, 6.667e-8, 0.12),
        (f"{receptor['Y1148']}.{shc_p_there}.{grb2}", 9, 1.667e-6, 0.1),
        (f"{receptor['Y1148']}.{shc_p_there}.{grb2_sos}", 9, 5e-6, 0.0429),
        (f"Shc(PTB!+,Y317~pY!9).{grb2_sos}", 8, 5.556e-6, 0.0214),
        (f"{free_shc_p_there}.{grb2}", 9, 1.667e-6, 0.01),
        (f"{free_shc_p_there}.Grb2(SH2!9,SH3!+)", 9, 1.167e-5, 0.1),
        ("Grb2(SH2,SH3!8).Sos(dom!8)", 8, 5.556e-8, 0.0015),
        (f"{free_shc_p_there}.{grb2_sos}", 8, 1.667e-5, 0.064),
    ]
    rules = [(f"{apart(complex, bond)} <-> {complex}", on / volume, off) for complex, bond, on, off in bonds]
    rules.append(("egfr(l!+,r) + egfr(l!+,r) <-> egfr(l!+,r!3).egfr(l!+,r!3)", 5.556e-6 / volume, 0.1))
    for site in receptor:
        rules += [(f"egfr(r!+,{site}~Y) -> egfr(r!+,{site}~pY)", 0.5), (f"egfr({site}~pY) -> egfr({site}~Y)", 4.505)]
    rules += [(f"egfr(r!+,Y1148~pY!7).{shc} -> egfr(r!+,Y1148~pY!7).{shc_p}", 3.0),
              ("Shc(PTB!+,Y317~pY) -> Shc(PTB!+,Y317~Y)", 0.03),
              (f"{free_shc_p} -> {free_shc_p.replace('pY', 'Y')}", 0.005)]
    return bngl({complex: n * volume for complex, n in copies.items()}, rules)


MODELS = {"multistate": multistate, "multisite2": multisite2, "egfr_net": egfr_net}


def main(name, path):
    import bionetgen
    program = os.path.join(os.path.dirname(bionetgen.__file__), "bng-linux", "BNG2.pl")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "model.bngl"), "w", encoding="utf-8") as file:
            file.write(MODELS[name]())
        done = subprocess.run(["perl", program, "model.bngl"], cwd=folder, capture_output=True, text=True, check=False)
        made = os.path.join(folder, "model.net")
        if done.returncode != 0 or not os.path.exists(made):
            raise SystemExit(done.stderr or done.stdout)
        with open(made, encoding="utf-8") as file:
            text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
