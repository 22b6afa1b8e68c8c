# tests/conformance/sbml_model.py - SBML out of short descriptions, formulas written in infix.
"""`document(...)` makes the text of a model. Formulas are strings: numbers, ids, `+ - * / **`,
comparisons (also in a row), `and`, `or`, `not`, `time`, `avogadro`, `true`, `false`, `pi`,
`delay(x, 1)`, `rateOf(x)`, and calls of MathML elements or of the model's own functions."""
import ast

SBML = "http://www.sbml.org/sbml/level"
NAMESPACES = {"2.1": f"{SBML}2"} | {
    f"2.{version}": f"{SBML}2/version{version}" for version in (2, 3, 4, 5)} | {
    f"3.{version}": f"{SBML}3/version{version}/core" for version in (1, 2)}
SYMBOLS = {"time": "time", "avogadro": "avogadro", "delay": "delay", "rateOf": "rateOf"}
OPERATORS = {ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide",
             ast.Pow: "power", ast.USub: "minus", ast.Not: "not", ast.And: "and", ast.Or: "or",
             ast.Lt: "lt", ast.LtE: "leq", ast.Gt: "gt", ast.GtE: "geq", ast.Eq: "eq",
             ast.NotEq: "neq"}
FIRST_OF_TWO = {"root": "degree", "log": "logbase"}  # what the first argument is called
ELEMENTS = {"abs", "ceiling", "floor", "exp", "ln", "log", "root", "min", "max", "rem", "quotient",
            "implies", "xor", "factorial", "plus", "times", "and_", "or_"} | {
    f"{arc}{name}{h}" for arc in ("", "arc") for h in ("", "h")
    for name in ("sin", "cos", "tan", "sec", "csc", "cot")}


def mathml(formula):
    return (f'<math xmlns="http://www.w3.org/1998/Math/MathML">'
            f"{_element(ast.parse(formula, mode='eval').body)}</math>")


def _symbol(kind, text):
    return (f'<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/{kind}">'
            f"{text}</csymbol>")


def _apply(head, arguments):
    return f"<apply>{head}{''.join(map(_element, arguments))}</apply>"


def _element(node):
    if isinstance(node, ast.Constant):
        return f"<cn>{node.value!r}</cn>" if "e" not in repr(node.value) else (
            '<cn type="e-notation">{}<sep/>{}</cn>'.format(*repr(node.value).split("e")))
    if isinstance(node, ast.Name):
        if node.id in ("true", "false", "pi", "exponentiale", "infinity", "notanumber"):
            return f"<{node.id}/>"
        return _symbol(node.id, "s") if node.id in SYMBOLS else f"<ci>{node.id}</ci>"
    if isinstance(node, ast.BinOp):
        return _apply(f"<{OPERATORS[type(node.op)]}/>", [node.left, node.right])
    if isinstance(node, ast.UnaryOp):
        return _apply(f"<{OPERATORS[type(node.op)]}/>", [node.operand])
    if isinstance(node, ast.BoolOp):
        return _apply(f"<{OPERATORS[type(node.op)]}/>", node.values)
    if isinstance(node, ast.Compare):
        kinds = {type(op) for op in node.ops}
        assert len(kinds) == 1
        return _apply(f"<{OPERATORS[kinds.pop()]}/>", [node.left, *node.comparators])
    assert isinstance(node, ast.Call), ast.dump(node)
    name = node.func.id
    if name == "piecewise":
        parts = list(map(_element, node.args))
        pieces = [f"<piece>{value}{when}</piece>" for value, when in zip(parts[::2], parts[1::2])]
        if len(parts) % 2:
            pieces.append(f"<otherwise>{parts[-1]}</otherwise>")
        return f"<piecewise>{''.join(pieces)}</piecewise>"
    if name == "lambda_":
        variables = "".join(f"<bvar><ci>{one.id}</ci></bvar>" for one in node.args[:-1])
        return f"<lambda>{variables}{_element(node.args[-1])}</lambda>"
    if name in SYMBOLS:
        return _apply(_symbol(SYMBOLS[name], name), node.args)
    if name in FIRST_OF_TWO and len(node.args) == 2:
        first = f"<{FIRST_OF_TWO[name]}>{_element(node.args[0])}</{FIRST_OF_TWO[name]}>"
        return _apply(f"<{name}/>{first}", node.args[1:])
    head = f"<{name.strip('_')}/>" if name in ELEMENTS else f"<ci>{name}</ci>"
    return _apply(head, node.args)


def _attributes(given):
    return "".join(f' {key}="{str(value).lower() if isinstance(value, bool) else value}"'
                   for key, value in given.items() if value is not None)


def _list(name, elements):
    return f"<listOf{name}>{''.join(elements)}</listOf{name}>" if elements else ""


def species(id, **given):
    """hasOnlySubstanceUnits unless said otherwise."""
    return "<species" + _attributes({
        "id": id, "compartment": "C", "hasOnlySubstanceUnits": True, "boundaryCondition": False,
        "constant": False} | given) + "/>"


def compartment(id="C", size=1, **given):
    return "<compartment" + _attributes({"id": id, "size": size, "spatialDimensions": 3,
                                         "constant": True} | given) + "/>"


def parameter(id, value=None, **given):
    return "<parameter" + _attributes({"id": id, "value": value, "constant": True} | given) + "/>"


def function(id, *arguments_and_body):
    body = "lambda_({})".format(", ".join(arguments_and_body))
    return f'<functionDefinition id="{id}">{mathml(body)}</functionDefinition>'


def initial(symbol, formula):
    return f'<initialAssignment symbol="{symbol}">{mathml(formula)}</initialAssignment>'


def rule(variable, formula, kind="assignmentRule"):
    return f'<{kind} variable="{variable}">{mathml(formula)}</{kind}>'


def algebraic(formula):
    return f"<algebraicRule>{mathml(formula)}</algebraicRule>"


def reference(species, stoichiometry=1, math=None, **given):
    """`math` is Level 2's stoichiometryMath; without `constant` it is one of Level 2."""
    inside = f"<stoichiometryMath>{mathml(math)}</stoichiometryMath>" if math else ""
    return "<speciesReference" + _attributes(
        {"species": species, "stoichiometry": stoichiometry} | given
    ) + f">{inside}</speciesReference>"


def reaction(id, equation, law, local=None, references=("", ""), modifiers=(), **given):
    """`equation`: 'A + 2 B -> C'; `references` are added to its sides as they are."""
    is_3 = given.pop("is_3", True)
    sides = []
    for text, more in zip(equation.split("->"), references):
        side = [more] if more else []
        for term in filter(None, map(str.strip, text.split("+"))):
            count, _, name = term.rpartition(" ")
            side.append(reference(name, count or 1, constant=is_3 or None))
        sides.append(side)
    word = "localParameter" if is_3 else "parameter"
    text = "<reaction" + _attributes({"id": id, "reversible": False} | given) + ">"
    text += _list("Reactants", sides[0]) + _list("Products", sides[1])
    text += _list("Modifiers", [f'<modifierSpeciesReference species="{one}"/>'
                                for one in modifiers])
    if law is not None:
        local = local or {}
        text += f"<kineticLaw>{mathml(law)}" + _list(f"{word[0].upper()}{word[1:]}s", [
            f'<{word} id="{id}" value="{value}"/>' for id, value in local.items()])
        text += "</kineticLaw>"
    return text + "</reaction>"


def event(id, trigger, sets, delay=None, priority=None, persistent=True, initial_value=True,
          keeps=True, is_3=True):
    given = {"persistent": persistent, "initialValue": initial_value} if is_3 else {}
    text = f'<event{_attributes({"id": id, "useValuesFromTriggerTime": keeps})}>'
    text += f"<trigger{_attributes(given)}>{mathml(trigger)}</trigger>" if trigger else ""
    if priority is not None:
        text += f"<priority>{mathml(priority)}</priority>"
    if delay is not None:
        text += f"<delay>{mathml(delay)}</delay>"
    return text + _list("EventAssignments", [
        f'<eventAssignment variable="{target}">{mathml(value) if value else ""}</eventAssignment>'
        for target, value in sets.items()]) + "</event>"


def document(level="3.2", compartments=None, model="", units="", **lists):
    """`lists`: functions, species, parameters, initial, rules, reactions, events, constraints;
    each a list of elements."""
    is_3 = level[0] == "3"
    if not model and is_3:
        model = 'substanceUnits="item" timeUnits="second" extentUnits="item"'
    if not units and not is_3:
        units = ('<unitDefinition id="substance"><listOfUnits><unit kind="item"/></listOfUnits>'
                 "</unitDefinition>")
    names = {"functions": "FunctionDefinitions", "units": "UnitDefinitions",
             "compartments": "Compartments", "species": "Species", "parameters": "Parameters",
             "initial": "InitialAssignments", "rules": "Rules", "constraints": "Constraints",
             "reactions": "Reactions", "events": "Events"}
    given = lists | {"compartments": compartments or [compartment()],
                     "units": [units] if units else []}
    assert given.keys() <= names.keys(), given.keys() - names.keys()
    return (f'<sbml xmlns="{NAMESPACES[level]}" level="{level[0]}" version="{level[2]}">'
            f'<model id="corner" {model}>' +
            "\n".join(_list(names[key], given.get(key, [])) for key in names) +
            "</model></sbml>\n")


# ---- hierarchical models -------------------------------------------------------------------------
COMP = "http://www.sbml.org/sbml/level3/version1/comp/version1"


def _comp(name, given, inside=""):
    return f"<comp:{name}" + _attributes({f"comp:{key}": value for key, value in given.items()}
                                         ) + f">{inside}</comp:{name}>"


def _with_inside(element, more):
    """`more` as the last thing in an element."""
    name = element[1:].split()[0].rstrip("/>")
    if element.endswith(f"</{name}>"):
        return element[:-len(f"</{name}>")] + f"{more}</{name}>"
    return f"{element[:-2]}>{more}</{name}>"


def replacing(element, submodel, id=None, deep=None, **given):
    """`deep`: the id inside the submodel `id` of the submodel, or several, further in each."""
    return _with_inside(element, "<comp:listOfReplacedElements>" + _comp(
        "replacedElement", {"idRef": id, "submodelRef": submodel} | given, _further(deep)
    ) + "</comp:listOfReplacedElements>")


def replaced_by(element, submodel, id, deep=None):
    return _with_inside(element, _comp("replacedBy", {"idRef": id, "submodelRef": submodel},
                                       _further(deep)))


def _further(deep):
    inside = ""
    for id in reversed([deep] if isinstance(deep, str) else deep or []):
        inside = _comp("sBaseRef", {"idRef": id}, inside)
    return inside


def submodel(id, of, deleted=(), **given):
    """`deleted`: metaids, or attributes."""
    deletions = "".join(_comp("deletion", one if isinstance(one, dict) else {"metaIdRef": one})
                        for one in deleted)
    return _comp("submodel", {"id": id, "modelRef": of} | given,
                 f"<comp:listOfDeletions>{deletions}</comp:listOfDeletions>" if deleted else "")


def with_ports(text, **ports):
    """`ports`: what they stand for, by id."""
    inside = "".join(_comp("port", {"id": id, "idRef": of}) for id, of in ports.items())
    return text.replace("</model>", f"<comp:listOfPorts>{inside}</comp:listOfPorts></model>")


def _model_of(text):
    return text[text.index("<model "):text.index("</sbml>")].strip()


def composed(text, submodels, parts, required=True):
    """`text` with submodels; `parts`: {id: text of a document, or such a one and its submodels}."""
    def with_submodels(model, submodels):
        if not submodels:
            return model
        return model.replace("</model>", "<comp:listOfSubmodels>" + "".join(submodels) +
                             "</comp:listOfSubmodels></model>")
    definitions = ""
    for id, part in parts.items():
        part_text, further = part if isinstance(part, tuple) else (part, ())
        definitions += with_submodels(_model_of(part_text), further).replace(
            '<model id="corner"', f'<comp:modelDefinition id="{id}"').replace(
                "</model>", "</comp:modelDefinition>") + "\n"
    head = text[:text.index("<model ")].replace(
        " level=", f' xmlns:comp="{COMP}" comp:required="{str(required).lower()}" level=', 1)
    return (head + with_submodels(_model_of(text), submodels) +
            f"<comp:listOfModelDefinitions>{definitions}</comp:listOfModelDefinitions></sbml>\n")
