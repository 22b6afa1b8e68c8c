# benchmarks/conserved.py - sums of copy numbers that no reaction changes, exactly.
from fractions import Fraction


def conserved_sums(species, reactions):
    """A basis of the weighted sums of copy numbers that no reaction changes, each as {species: weight}.

    `reactions`: pairs of lists, reactants and products. Changes are eliminated one after the other, so that each
    pivot stands for a combination of species that are free so far; weights are exact fractions."""
    rows = {}  # pivot: {free species: x}, a change of the pivot by 1 with that of the others by x is possible
    for reactants, products in reactions:
        change = {}
        for names, sign in ((reactants, -1), (products, 1)):
            for name in names:
                change[name] = change.get(name, 0) + sign
        rest = {}
        for name, d in change.items():
            if name in rows:
                for free, x in rows[name].items():
                    rest[free] = rest.get(free, 0) - d * x
            else:
                rest[name] = rest.get(name, 0) + d
        rest = {name: Fraction(x) for name, x in rest.items() if x}
        if not rest:
            continue
        pivot, scale = rest.popitem()
        row = {name: x / scale for name, x in rest.items()}
        for other in rows.values():
            times = other.pop(pivot, 0)
            if times:
                for name, x in row.items():
                    other[name] = other.get(name, 0) - times * x
                    if not other[name]:
                        del other[name]
        rows[pivot] = row
    return [{free: Fraction(1), **{pivot: -row[free] for pivot, row in rows.items() if free in row}}
            for free in species if free not in rows]
