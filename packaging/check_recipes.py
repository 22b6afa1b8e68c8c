#!/usr/bin/env python3
# packaging/check_recipes.py - the conda recipe and the container file, read as far as that goes without their tools.
"""Exit code 1 where something is wrong. Needs python3-jinja2 and python3-yaml.

The recipe is rendered and parsed, its version is the project's, its files exist, and every package
that CMake demands is among what it builds with. Of the container file: every source of a copy
exists, and a program that runs as a user who is not root. Neither is built here.
"""

import re
import shlex
import sys
from pathlib import Path

import jinja2
import yaml

ROOT = Path(__file__).resolve().parent.parent
# find_package in CMakeLists.txt -> package of the recipe; what is not named here has to be added.
PACKAGES = {"fmt": "fmt", "tomlplusplus": "tomlplusplus", "cxxopts": "cxxopts", "Threads": None,
            "nlohmann_json": "nlohmann_json", "HDF5": "hdf5", "Boost": "libboost-headers",
            "SUNDIALS": "sundials"}


def recipe_faults(text, cmake):
    faults = []
    try:
        rendered = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render(
            compiler=lambda language: f"{language}_compiler")
        recipe = yaml.safe_load(rendered)
    except (jinja2.TemplateError, yaml.YAMLError) as error:
        return [f"meta.yaml cannot be read: {error}"]
    version = re.search(r"project\(cristae VERSION ([\d.]+)", cmake).group(1)
    if str(recipe["package"]["version"]) != version:
        faults.append(f"meta.yaml has version {recipe['package']['version']}, the project {version}")
    host = {line.split()[0] for line in recipe["requirements"]["host"]}
    for name in set(re.findall(r"find_package\((\w+)", cmake)):
        if name not in PACKAGES:
            faults.append(f"CMakeLists.txt needs {name}, which check_recipes.py does not know")
        elif PACKAGES[name] is not None and PACKAGES[name] not in host:
            faults.append(f"meta.yaml does not build with {PACKAGES[name]}, which CMakeLists.txt needs")
    for path in (recipe["source"]["path"], f"{recipe['source']['path']}/{recipe['about']['license_file']}"):
        if not (ROOT / "packaging/conda" / path).exists():
            faults.append(f"meta.yaml names '{path}', which is not there")
    for command in [*recipe["build"]["script"], *recipe["test"]["commands"]]:
        try:
            shlex.split(command)
        except ValueError as error:
            faults.append(f"meta.yaml: '{command}': {error}")
    return faults


def container_faults(text):
    faults, stages, user = [], [], None
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "FROM":
            stages.append(words[-1])
            user = None
        elif words[0] == "USER":
            user = words[1]
        elif words[0] == "COPY" and not words[1].startswith("--from="):
            faults += [f"Containerfile copies '{name}', which is not there"
                       for name in words[1:-1] if not (ROOT / name).exists()]
        elif words[0] == "COPY" and words[1].partition("=")[2] not in stages:
            faults.append(f"Containerfile copies from '{words[1]}', which is no stage")
        elif words[0] not in ("ARG", "CMD", "ENTRYPOINT", "ENV", "RUN", "WORKDIR", "COPY"):
            faults.append(f"Containerfile: what is {words[0]}?")
    if len(stages) != 2 or user in (None, "root"):
        faults.append("Containerfile: a build stage and a run stage with a user of its own are expected")
    return faults


def main():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    recipe = (ROOT / "packaging/conda/meta.yaml").read_text()
    container = (ROOT / "packaging/Containerfile").read_text()
    faults = recipe_faults(recipe, cmake) + container_faults(container)
    # Planted: each must be found.
    for planted in (recipe.replace('version = "', 'version = "9.'), recipe.replace("    - hdf5\n", ""),
                    recipe.replace("{% set", "{% sit"), recipe.replace("  host:", " host:"),
                    recipe.replace("LICENSE", "LICENCE")):
        if not recipe_faults(planted, cmake):
            faults.append("a fault planted into meta.yaml is not found")
    for planted in (container.replace("USER cristae", ""), container.replace("--from=build", "--from=made"),
                    container.replace("COPY install-deps.sh", "COPY install.sh")):
        if not container_faults(planted):
            faults.append("a fault planted into Containerfile is not found")
    print("\n".join(faults) or "packaging: recipe and container file read well")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
