# benchmarks/peers/networks_of_pysb.py - a .net file of an example of PySB, made by BioNetGen.
"""python networks_of_pysb.py NAME FILE.net, with the packages of REQUIREMENTS. PySB is under the BSD licence; it
writes the rules of its example, BNG2.pl of the package bionetgen (MIT, BNG2.pl GPL-3.0) expands them."""
import os
import re
import sys

REQUIREMENTS = ["pysb==1.17.0", "bionetgen==0.8.7"]
EXAMPLES = {"egfr_simple": "bngwiki_egfr_simple"}


def main(name, path):
    import importlib

    import bionetgen
    os.environ["BNGPATH"] = os.path.join(os.path.dirname(bionetgen.__file__), "bng-linux")
    from pysb.bng import generate_network
    example = importlib.import_module("pysb.examples." + EXAMPLES[name])
    # `deg` is a function to tools that read laws by SymPy.
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"\bdeg\b", "k_deg", generate_network(example.model)))


if __name__ == "__main__":
    main(*sys.argv[1:])
