// host/io/sbml_reader.cpp - what libSBML holds to a ForeignModel; refusals by element, id and line.
#include "host/io/sbml_reader.hpp"

#include <fmt/format.h>
#include <sbml/SBMLTypes.h>
#include <sbml/conversion/ConversionProperties.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "host/base/words.hpp"
#include "host/io/foreign_model.hpp"
#include "host/io/sbml_math.hpp"
#include "host/io/toml_fields.hpp"
#include "host/io/xml_scan.hpp"

namespace cristae {
namespace {

/// Up to so many things a model is checked by all of libSBML's rules, too, which takes seconds
/// from a few thousand on.
constexpr unsigned max_checked_things = 400;
constexpr unsigned max_checked_functions = 50;  // 80 in a chain take it 4 s, 380 minutes

/// Packages that say nothing about what happens in a model.
constexpr std::array<std::string_view, 5> harmless_packages{"layout", "render", "groups",
                                                            "l3v2extendedmath", "annot"};

class SbmlReader {
 public:
  SbmlReader(std::string_view text, std::string const& file, SbmlRules rules)
      : file_(file), rules_(rules), text_(scanned_xml(text, file)) {}

  Network read() {
    document_.reset(::readSBMLFromString(text_.c_str()));
    refuse_packages();
    require_readable();
    if (packages().contains("comp")) flatten();
    throw_if_errors();
    model_ = document_->getModel();
    read_model();
    auto network = network_of(result_, file_, std::move(findings_));
    check_consistency();
    return network;
  }

 private:
  std::string const& file_;
  SbmlRules rules_;
  std::string text_;
  std::unique_ptr<::SBMLDocument> document_;
  ::Model const* model_ = nullptr;
  ForeignModel result_;
  std::vector<Diagnostic> findings_;
  std::set<std::string> reference_ids_;  ///< of species references that became parameters

  // ---- findings ----

  SourceLocation at(::SBase const& element) const {
    return {file_, element.getLine(), element.getColumn()};
  }

  void error(SourceLocation where, std::string problem, std::string reason, std::string fix) {
    findings_.push_back(
        {Severity::error, std::move(where), std::move(problem), std::move(reason), std::move(fix)});
  }

  void throw_if_errors() {
    if (std::none_of(findings_.begin(), findings_.end(),
                     [](auto const& one) { return one.severity == Severity::error; }))
      return;
    std::erase_if(findings_, [](auto const& one) { return one.severity != Severity::error; });
    throw Error(ExitCode::model, std::move(findings_));
  }

  static std::string named(::SBase const& element) {
    auto const& id = element.getIdAttribute();
    return id.empty() ? element.getElementName()
                      : fmt::format("{} {}", element.getElementName(), cristae::quoted(id));
  }

  /// Refuses an element that a simulation would have to obey.
  void refuse(::SBase const& element, std::string reason, std::string fix) {
    error(at(element), fmt::format("{} is not supported", named(element)), std::move(reason),
          std::move(fix));
  }

  /// What libSBML found, up to a page.
  void add_library_errors() {
    constexpr unsigned most = 50;
    unsigned added = 0;
    for (unsigned i = 0; i < document_->getNumErrors() && added < most; ++i) {
      auto const* found = document_->getError(i);
      if (found->getSeverity() < ::LIBSBML_SEV_ERROR) continue;
      auto text = found->getShortMessage();
      auto details = found->getMessage();
      for (auto* const line : {&text, &details})
        std::replace_if(
            line->begin(), line->end(),
            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
      auto const begin = details.find_first_not_of(' ');
      auto const end = details.find_last_not_of(" .");
      details = begin == std::string::npos ? "" : details.substr(begin, end - begin + 1);
      if (text.empty()) std::swap(text, details);
      error({file_, found->getLine(), found->getColumn()},
            fmt::format("{} (rule {} of SBML)", text, found->getErrorId()), std::move(details), "");
      ++added;
    }
  }

  void require_readable() {
    unsigned const level = document_->getLevel();
    if (document_->getModel() && level != 2 && level != 3)
      error({file_, document_->getLine(), document_->getColumn()},
            fmt::format("SBML Level {} is not read", level), "Levels 2 and 3 are",
            "Convert it, for example with libSBML's convertSBML");
    throw_if_errors();
    add_library_errors();
    if (findings_.empty() && !document_->getModel())
      error({file_, 0, 0}, "there is no model in the file", "nothing can be simulated",
            "Check the file");
    throw_if_errors();
  }

  // ---- packages ----

  /// Names of the Level 3 packages whose namespaces stand anywhere in the text.
  std::set<std::string> packages() const {
    constexpr std::string_view prefix = "http://www.sbml.org/sbml/level3/version";
    std::set<std::string> found;
    for (auto at = text_.find(prefix); at != std::string::npos; at = text_.find(prefix, at + 1)) {
      auto const uri = std::string_view(text_).substr(at, text_.find_first_of("\"'", at) - at);
      auto const version_end = uri.find('/', prefix.size());
      if (version_end == std::string_view::npos) continue;
      auto const name = uri.substr(version_end + 1);
      auto const package = name.substr(0, name.find('/'));
      if (package != "core") found.emplace(package);
    }
    return found;
  }

  void refuse_packages() {
    for (auto const& package : packages()) {
      bool const is_harmless = std::find(harmless_packages.begin(), harmless_packages.end(),
                                         package) != harmless_packages.end();
      if (is_harmless || (package == "comp" && document_->getPlugin("comp"))) continue;
      error({file_, document_->getLine(), document_->getColumn()},
            fmt::format("package {} is not supported", cristae::quoted(package)),
            "what it says would be ignored", "Write the model without it");
    }
    refuse_required_namespaces();
    throw_if_errors();
  }

  /// Extensions by others, which say themselves that they change what a model means.
  void refuse_required_namespaces() {
    constexpr std::string_view sbml = "http://www.sbml.org/sbml/";
    auto const* namespaces = document_->getNamespaces();
    for (int i = 0; namespaces && i < namespaces->getNumNamespaces(); ++i) {
      auto const prefix = namespaces->getPrefix(i);
      if (prefix.empty() || namespaces->getURI(i).starts_with(sbml) || !is_required(prefix))
        continue;
      error({file_, document_->getLine(), document_->getColumn()},
            fmt::format("the extension {} is not supported", cristae::quoted(prefix)),
            "a model that requires it means something else without it",
            "Write the model without it");
    }
  }

  /// Whether `prefix:required` is true somewhere.
  bool is_required(std::string const& prefix) const {
    constexpr auto blanks = " \t\r\n";
    std::string_view const text = text_;
    auto const attribute = prefix + ":required";
    for (auto at = text.find(attribute); at != text.npos; at = text.find(attribute, at + 1)) {
      auto const equals = text.find_first_not_of(blanks, at + attribute.size());
      if (equals == text.npos || text[equals] != '=') continue;
      auto const quote = text.find_first_not_of(blanks, equals + 1);
      if (quote == text.npos) continue;
      auto const value =
          trimmed(text.substr(quote + 1, text.find(text[quote], quote + 1) - quote - 1));
      if (value == "true" || value == "1") return true;
    }
    return false;
  }

  void flatten() {
    if (auto const external = text_.find("externalModelDefinition");
        external != std::string::npos) {
      error({file_, 0, 0}, "a model of another file is used (externalModelDefinition)",
            "only the given file is read", "Put its models into one file");
      return;
    }
    refuse_what_flattening_drops();
    throw_if_errors();
    ::ConversionProperties properties;
    properties.addOption("flatten comp", true);
    properties.addOption("performValidation", true);
    if (document_->convert(properties) == ::LIBSBML_OPERATION_SUCCESS) return;
    add_library_errors();
    error({file_, 0, 0}, "the submodels cannot be put together (package 'comp')", "",
          "Correct them, or write the model without submodels");
  }

  /// libSBML puts the elements of submodels into the model, without what the attributes of theirs
  /// say of all of them.
  void refuse_what_flattening_drops() {
    auto const* const whole = document_->getModel();
    std::unique_ptr<::List> const elements(document_->getAllElements());
    for (unsigned i = 0; i < elements->getSize(); ++i) {
      auto const* part = dynamic_cast<::Model const*>(static_cast<::SBase*>(elements->get(i)));
      if (!part || part == whole) continue;
      if (part->isSetConversionFactor())
        error(at(*part), fmt::format("{} has a conversion factor for all species", named(*part)),
              "it would be dropped where submodels are put together", "Give it to the species");
      if (substance_and_extent_of(*part) != substance_and_extent_of(*whole))
        error(at(*part),
              fmt::format("{} has other units of substance or extent than the model of the file",
                          named(*part)),
              "they would be dropped where submodels are put together", "Use the same");
    }
  }

  /// Copies in one unit of each.
  std::pair<double, double> substance_and_extent_of(::Model const& model) {
    model_ = &model;
    double const substance = copies_per(model.getSubstanceUnits(), model).value_or(1);
    double const extent = model.isSetExtentUnits()
                              ? copies_per(model.getExtentUnits(), model).value_or(1)
                              : substance;
    return {substance, extent};
  }

  /// Rules of SBML that neither parsing nor the pass over the model looks at.
  void check_consistency() {
    unsigned const things = model_->getNumReactions() + model_->getNumSpecies() +
                            model_->getNumParameters() + model_->getNumRules() +
                            model_->getNumEvents();
    bool const is_small = things <= max_checked_things &&
                          model_->getNumFunctionDefinitions() <= max_checked_functions;
    if (!is_small && rules_ != SbmlRules::always) return;
    document_->getErrorLog()->clearLog();
    for (auto const category : {::LIBSBML_CAT_UNITS_CONSISTENCY, ::LIBSBML_CAT_MODELING_PRACTICE,
                                ::LIBSBML_CAT_SBO_CONSISTENCY})
      document_->setConsistencyChecks(category, false);
    document_->checkConsistency();
    add_library_errors();
    throw_if_errors();
  }

  // ---- formulas ----

  /// Whether a formula is missing, which from Level 3 Version 2 on means that what it would say is not
  /// said; a note tells so.
  bool is_left_out(::SBase const& element, ::ASTNode const* math, std::string const& user) {
    bool const is_allowed =
        model_->getLevel() > 3 || (model_->getLevel() == 3 && model_->getVersion() > 1);
    if (math || !is_allowed) return false;
    findings_.push_back({Severity::note, at(element), fmt::format("{} has no formula", user),
                         "it is left out", ""});
    return true;
  }

  /// Nothing where it is missing or cannot be read, which is reported.
  std::optional<Formula> formula(::SBase const& element, ::ASTNode const* math,
                                 std::string const& user, MathNames const& names = {}) {
    if (!math) {
      error(at(element), fmt::format("{} has no formula", user), "", "Add its <math>");
      return std::nullopt;
    }
    try {
      return SbmlMath(*model_).read(*math, names);
    } catch (MathProblem const& problem) {
      error(at(element), problem.problem,
            problem.reason.empty() ? "in " + user : problem.reason + "; in " + user, problem.fix);
      return std::nullopt;
    }
  }

  // ---- units ----

  /// Copies in one unit of substance; nothing where copies cannot be told, which is reported.
  std::optional<double> copies_per(std::string const& unit, ::SBase const& element) {
    if (unit.empty()) return 1;
    auto const* definition = model_->getUnitDefinition(unit);
    if (!definition) {
      if (model_->getLevel() == 2 && unit == "substance") return sbml_avogadro;
      if (auto const factor = copies_per_kind(::UnitKind_forName(unit.c_str()))) return factor;
      error(at(element),
            fmt::format("the unit of substance {} is not counted", cristae::quoted(unit)),
            named(element) + " has it", "Use item or mole");
      return std::nullopt;
    }
    double factor = 1, counted = 0;
    for (unsigned i = 0; i < definition->getNumUnits(); ++i) {
      auto const& part = *definition->getUnit(i);
      auto const kind = copies_per_kind(part.getKind());
      double const exponent = part.getExponentAsDouble();
      bool const is_substance =
          part.getKind() == ::UNIT_KIND_ITEM || part.getKind() == ::UNIT_KIND_MOLE;
      if (!kind || part.getOffset() != 0) {
        counted = std::nan("");
        break;
      }
      if (is_substance) counted += exponent;
      factor *= std::pow(part.getMultiplier() * std::pow(10.0, part.getScale()) * *kind, exponent);
    }
    if (counted == 1 || counted == 0) return factor;
    error(at(element),
          fmt::format("the unit of substance {} is not counted", cristae::quoted(unit)),
          named(element) + " has it", "Use item or mole");
    return std::nullopt;
  }

  static std::optional<double> copies_per_kind(::UnitKind_t kind) {
    switch (kind) {
      case ::UNIT_KIND_ITEM:
      case ::UNIT_KIND_DIMENSIONLESS: return 1;
      case ::UNIT_KIND_MOLE:
      case ::UNIT_KIND_AVOGADRO: return sbml_avogadro;
      default: return std::nullopt;
    }
  }

  std::string substance_unit(::Species const& species) const {
    if (species.isSetSubstanceUnits()) return species.getSubstanceUnits();
    return model_->getLevel() == 2 ? "substance" : model_->getSubstanceUnits();
  }

  std::string time_unit() const {
    auto const unit = model_->getLevel() == 2 ? std::string("time") : model_->getTimeUnits();
    auto const* definition = model_->getUnitDefinition(unit);
    if (!definition) return unit == "second" || unit == "time" ? "s" : unit;
    if (definition->getNumUnits() == 1) {
      auto const& part = *definition->getUnit(0);
      double const seconds = part.getMultiplier() * std::pow(10.0, part.getScale());
      if (part.getKind() == ::UNIT_KIND_SECOND && part.getExponentAsDouble() == 1)
        for (auto const& [size, name] : {std::pair{1.0, "s"}, std::pair{60.0, "min"},
                                         std::pair{3600.0, "h"}, std::pair{86400.0, "day"}})
          if (std::fabs(seconds / size - 1) < 1e-9) return name;
    }
    return definition->getName().empty() ? unit : definition->getName();
  }

  // ---- the parts of a model ----

  template <class Thing>
  static void annotate(ForeignThing& thing, Thing const& element, SourceLocation where) {
    thing.id = element.getIdAttribute();
    thing.name = element.getName();
    thing.where = std::move(where);
  }

  void read_model() {
    auto const& id = model_->getIdAttribute();
    result_.name = id.empty() ? std::filesystem::path(file_).stem().string() : id;
    result_.title = model_->getName();
    result_.time_unit = time_unit();
    refuse_elements();
    collect_ids();
    for (unsigned i = 0; i < model_->getNumFunctionDefinitions(); ++i) {
      auto const& element = *model_->getFunctionDefinition(i);
      annotate(result_.functions.emplace_back(), element, at(element));
    }
    check_units();
    for (unsigned i = 0; i < model_->getNumCompartments(); ++i)
      read_compartment(*model_->getCompartment(i));
    for (unsigned i = 0; i < model_->getNumSpecies(); ++i) read_species(*model_->getSpecies(i));
    for (unsigned i = 0; i < model_->getNumParameters(); ++i)
      read_parameter(*model_->getParameter(i));
    for (unsigned i = 0; i < model_->getNumReactions(); ++i) read_reaction(*model_->getReaction(i));
    for (unsigned i = 0; i < model_->getNumInitialAssignments(); ++i)
      read_initial(*model_->getInitialAssignment(i));
    for (unsigned i = 0; i < model_->getNumRules(); ++i) read_rule(*model_->getRule(i));
    for (unsigned i = 0; i < model_->getNumEvents(); ++i) read_event(*model_->getEvent(i));
  }

  void refuse_elements() {
    for (unsigned i = 0; i < model_->getNumConstraints(); ++i) {
      auto const& constraint = *model_->getConstraint(i);
      if (!is_left_out(constraint, constraint.getMath(), "a constraint"))
        refuse(constraint, "a run would have to stop where it is violated",
               "Remove it, or use --stop-when");
    }
  }

  /// Units have names of their own.
  void check_units() {
    std::set<std::string> ids;
    for (unsigned i = 0; i < model_->getNumUnitDefinitions(); ++i) {
      auto const& element = *model_->getUnitDefinition(i);
      if (!ids.insert(element.getIdAttribute()).second)
        error(at(element),
              fmt::format("unit {} is already defined", cristae::quoted(element.getIdAttribute())),
              "an id stands for one thing", "Rename one of them");
    }
  }

  void read_compartment(::Compartment const& element) {
    auto& compartment = result_.compartments.emplace_back();
    annotate(compartment, element, at(element));
    if (element.isSetSize()) compartment.size = element.getSize();
    if (element.isSetSpatialDimensions())
      compartment.dimensions = element.getSpatialDimensionsAsDouble();
    compartment.is_constant = element.getConstant();
    compartment.unit = element.getUnits();
  }

  /// A point: in Level 2 by its dimensions; Level 3 lets one without dimensions have a size as any.
  bool has_no_size(::Compartment const& element) const {
    auto const& id = element.getIdAttribute();
    bool const is_point =
        element.isSetSpatialDimensions() && element.getSpatialDimensionsAsDouble() == 0;
    bool const is_sized = model_->getLevel() > 2 &&
                          (element.isSetSize() || model_->getInitialAssignment(id) != nullptr ||
                           model_->getAssignmentRule(id) != nullptr);
    return is_point && !is_sized;
  }

  void read_species(::Species const& element) {
    auto& species = result_.species.emplace_back();
    annotate(species, element, at(element));
    species.compartment = element.getCompartment();
    if (element.isSetInitialAmount()) species.amount = element.getInitialAmount();
    if (element.isSetInitialConcentration())
      species.concentration = element.getInitialConcentration();
    if (species.amount && species.concentration)
      error(at(element),
            fmt::format("species {} has an initial amount and an initial concentration",
                        cristae::quoted(species.id)),
            "only one of them can be", "Remove one of them");
    auto const* compartment = model_->getCompartment(species.compartment);
    species.has_only_amounts =
        element.getHasOnlySubstanceUnits() || (compartment && has_no_size(*compartment));
    species.is_boundary = element.getBoundaryCondition();
    species.is_constant = element.getConstant();
    species.copies_per_unit = copies_per(substance_unit(element), element).value_or(1);
    species.conversion_factor = element.isSetConversionFactor() ? element.getConversionFactor()
                                                                : model_->getConversionFactor();
  }

  void read_parameter(::Parameter const& element) {
    auto& parameter = result_.parameters.emplace_back();
    annotate(parameter, element, at(element));
    if (element.isSetValue()) parameter.value = element.getValue();
    parameter.is_constant = element.getConstant();
  }

  void read_initial(::InitialAssignment const& element) {
    auto const user =
        fmt::format("the initial assignment of {}", cristae::quoted(element.getSymbol()));
    if (is_left_out(element, element.getMath(), user)) return;
    if (auto math = formula(element, element.getMath(), user))
      result_.initial.push_back({element.getSymbol(), std::move(*math), at(element)});
  }

  void read_rule(::Rule const& element) {
    auto const& variable = element.getVariable();
    if (is_left_out(element, element.getMath(),
                    element.isAlgebraic()
                        ? "an algebraic rule"
                        : fmt::format("the rule of {}", cristae::quoted(variable))))
      return;
    if (element.isAlgebraic()) {
      error(at(element), "an algebraic rule is not supported",
            "no variable is computed from the others", "Solve it for one, as an assignment rule");
    } else if (element.isRate()) {
      error(at(element),
            fmt::format("the rate rule of {} is not supported", cristae::quoted(variable)),
            "what it changes would change between events", "Write it as reactions");
    } else if (auto math = formula(element, element.getMath(),
                                   fmt::format("the rule of {}", cristae::quoted(variable)))) {
      add_rule({variable, std::move(*math), at(element)});
    }
  }

  void add_rule(ForeignAssignment rule) {
    if (!reference_ids_.contains(rule.variable)) {
      result_.rules.push_back(std::move(rule));
    } else if (varies(rule.formula)) {
      error(rule.where,
            fmt::format("the stoichiometry {} changes by a rule", cristae::quoted(rule.variable)),
            "an event of a reaction changes counts by fixed numbers", "Make it constant");
    } else {
      result_.initial.push_back(std::move(rule));
    }
  }

  /// Whether it reads anything but constant parameters and sizes.
  bool varies(Formula const& formula) const {
    return uses(formula, [&](std::string const& name) {
      auto const* parameter = model_->getParameter(name);
      auto const* compartment = model_->getCompartment(name);
      return !(parameter && parameter->getConstant()) &&
             !(compartment && compartment->getConstant());
    });
  }

  // ---- reactions ----

  void read_reaction(::Reaction const& element) {
    if (element.isSetFast() && element.getFast())
      error(at(element),
            fmt::format("reaction {} is fast", cristae::quoted(element.getIdAttribute())),
            "it would be in equilibrium at all times", "Give it rates");
    auto& reaction = result_.reactions.emplace_back();
    annotate(reaction, element, at(element));
    reaction.is_reversible = element.getReversible();
    for (unsigned i = 0; i < element.getNumReactants(); ++i)
      read_participant(*element.getReactant(i), reaction, reaction.reactants);
    for (unsigned i = 0; i < element.getNumProducts(); ++i)
      read_participant(*element.getProduct(i), reaction, reaction.products);
    for (unsigned i = 0; i < element.getNumModifiers(); ++i)
      check_modifier(*element.getModifier(i), reaction);
    auto const* law = element.getKineticLaw();
    if (!law) {
      error(at(element),
            fmt::format("reaction {} has no kinetic law", cristae::quoted(reaction.id)),
            "its rate is unknown", "Add one");
      return;
    }
    read_law(*law, reaction);
  }

  void check_modifier(::ModifierSpeciesReference const& element, ForeignReaction const& reaction) {
    if (!model_->getSpecies(element.getSpecies()))
      error(at(element),
            fmt::format("species {} is not defined", cristae::quoted(element.getSpecies())),
            fmt::format("modifies reaction {}", cristae::quoted(reaction.id)),
            "Define it, or correct the name");
  }

  void read_participant(::SpeciesReference const& element, ForeignReaction const& reaction,
                        std::vector<ForeignParticipant>& side) {
    auto& one = side.emplace_back();
    one.species = element.getSpecies();
    one.where = at(element);
    // Level 2 has fractions, which libSBML takes apart.
    one.count = element.getStoichiometry() / element.getDenominator();
    auto const& id = element.getIdAttribute();
    if (element.isSetStoichiometryMath()) {
      read_stoichiometry(*element.getStoichiometryMath(), reaction, one);
      return;
    }
    bool const has_initial = !id.empty() && model_->getInitialAssignment(id);
    auto const* rule = id.empty() ? nullptr : model_->getRule(id);
    if (model_->getLevel() > 2 && !element.isSetStoichiometry() && !has_initial && !rule)
      error(
          at(element),
          fmt::format("the stoichiometry of species {} is not given", cristae::quoted(one.species)),
          fmt::format("in reaction {}", cristae::quoted(reaction.id)), "Give it");
    if (!id.empty()) {
      add_constant(id,
                   element.isSetStoichiometry() || model_->getLevel() == 2
                       ? std::optional(one.count)
                       : std::nullopt,
                   at(element));
      if (has_initial || (rule && rule->isAssignment() && rule->isSetMath())) one.count_name = id;
    }
  }

  void add_constant(std::string const& id, std::optional<double> value, SourceLocation where) {
    auto& constant = result_.parameters.emplace_back();
    constant.id = id;
    constant.where = std::move(where);
    constant.value = value;
    constant.is_optional = true;
    reference_ids_.insert(id);
  }

  void read_stoichiometry(::StoichiometryMath const& element, ForeignReaction const& reaction,
                          ForeignParticipant& one) {
    auto math =
        formula(element, element.getMath(),
                fmt::format("a stoichiometry of reaction {}", cristae::quoted(reaction.id)));
    if (!math) return;
    if (varies(*math)) {
      error(at(element),
            fmt::format("the stoichiometry of species {} varies", cristae::quoted(one.species)),
            "an event of a reaction changes counts by fixed numbers", "Make it constant");
      return;
    }
    one.count_name = fmt::format("{} of {}, {}", one.species, reaction.id, result_.initial.size());
    add_constant(one.count_name, std::nullopt, at(element));
    result_.initial.push_back({one.count_name, std::move(*math), at(element)});
  }

  void read_law(::KineticLaw const& law, ForeignReaction& reaction) {
    MathNames locals;
    std::set<std::string> seen;
    auto const add = [&](::Parameter const& element) {
      auto const& id = element.getIdAttribute();
      if (!seen.insert(id).second)
        error(at(element), fmt::format("{} is already a local parameter", cristae::quoted(id)),
              fmt::format("of reaction {}", cristae::quoted(reaction.id)), "Rename one of them");
      // It shadows whatever has its name outside.
      auto& parameter = result_.parameters.emplace_back();
      annotate(parameter, element, at(element));
      parameter.id = free_id(reaction.id + "_" + id);
      if (parameter.name.empty()) parameter.name = fmt::format("{} of {}", id, reaction.id);
      if (element.isSetValue()) parameter.value = element.getValue();
      locals.insert_or_assign(id, name_formula(parameter.id));
    };
    if (model_->getLevel() > 2)
      for (unsigned i = 0; i < law.getNumLocalParameters(); ++i) add(*law.getLocalParameter(i));
    else
      for (unsigned i = 0; i < law.getNumParameters(); ++i) add(*law.getParameter(i));
    if (law.isSetTimeUnits() || law.isSetSubstanceUnits())
      error(at(law),
            fmt::format("the kinetic law of reaction {} has units of its own",
                        cristae::quoted(reaction.id)),
            "Level 2 Version 1 alone had them", "Use those of the model");
    reaction.copies_per_extent = copies_per_extent(law, reaction);
    if (auto math = formula(
            law, law.getMath(),
            fmt::format("the kinetic law of reaction {}", cristae::quoted(reaction.id)), locals))
      reaction.law = std::move(*math);
  }

  std::set<std::string> ids_;  ///< of the whole model, and of local parameters as renamed

  void collect_ids() {
    auto const add = [this](::ListOf const& things) {
      for (unsigned i = 0; i < things.size(); ++i) ids_.insert(things.get(i)->getIdAttribute());
    };
    add(*model_->getListOfFunctionDefinitions());
    add(*model_->getListOfCompartments());
    add(*model_->getListOfSpecies());
    add(*model_->getListOfParameters());
    add(*model_->getListOfReactions());
    add(*model_->getListOfEvents());
    for (unsigned i = 0; i < model_->getNumReactions(); ++i) {
      add(*model_->getReaction(i)->getListOfReactants());
      add(*model_->getReaction(i)->getListOfProducts());
    }
  }

  std::string free_id(std::string wanted) {
    while (!ids_.insert(wanted).second) wanted += '_';
    return wanted;
  }

  /// Where the model does not say it, extent is counted as its first species is.
  double copies_per_extent(::KineticLaw const& law, ForeignReaction const& reaction) {
    if (model_->getLevel() == 2) return copies_per("substance", law).value_or(1);
    if (model_->isSetExtentUnits()) return copies_per(model_->getExtentUnits(), law).value_or(1);
    for (auto const* side : {&reaction.reactants, &reaction.products})
      for (auto const& one : *side)
        if (auto const* species = model_->getSpecies(one.species))
          return copies_per(substance_unit(*species), law).value_or(1);
    return copies_per(model_->getSubstanceUnits(), law).value_or(1);
  }

  // ---- events ----

  void read_event(::Event const& element) {
    auto& event = result_.events.emplace_back();
    annotate(event, element, at(element));
    auto const user = event.id.empty() ? std::string("an event")
                                       : fmt::format("event {}", cristae::quoted(event.id));
    event.values_from_trigger_time = element.getUseValuesFromTriggerTime();
    bool const is_second = element.getTimeUnits() == "second" && !model_->getUnitDefinition("time");
    if (element.isSetTimeUnits() && element.getTimeUnits() != "time" && !is_second)
      error(at(element), fmt::format("{} has a unit of time of its own", user),
            "early versions of Level 2 alone had them", "Use that of the model");
    auto const* const trigger = element.getTrigger();
    ::SBase const& place = trigger ? static_cast<::SBase const&>(*trigger) : element;
    if (is_left_out(place, trigger ? trigger->getMath() : nullptr, "the trigger of " + user)) {
      result_.events.pop_back();  // it never happens
      return;
    }
    if (trigger) {
      if (auto math = formula(*trigger, trigger->getMath(), "the trigger of " + user))
        event.trigger = std::move(*math);
      if (model_->getLevel() > 2) {
        event.initial_value = trigger->getInitialValue();
        event.persistent = trigger->getPersistent();
      }
    } else {
      error(at(element), fmt::format("{} has no trigger", user), "it would never happen",
            "Add one");
    }
    if (auto const* delay = element.getDelay();
        delay && !is_left_out(*delay, delay->getMath(), "the delay of " + user))
      event.delay = formula(*delay, delay->getMath(), "the delay of " + user);
    if (auto const* priority = element.getPriority();
        priority && !is_left_out(*priority, priority->getMath(), "the priority of " + user))
      event.priority = formula(*priority, priority->getMath(), "the priority of " + user);
    std::set<std::string> variables;
    for (unsigned i = 0; i < element.getNumEventAssignments(); ++i) {
      auto const& assignment = *element.getEventAssignment(i);
      auto const& variable = assignment.getVariable();
      if (!variables.insert(variable).second)
        error(at(assignment), fmt::format("{} sets {} twice", user, cristae::quoted(variable)), "",
              "Remove one of the assignments");
      if (is_left_out(assignment, assignment.getMath(),
                      fmt::format("what {} gives {}", user, cristae::quoted(variable))))
        continue;
      if (reference_ids_.contains(variable))
        error(at(assignment),
              fmt::format("the stoichiometry {} changes by an event", cristae::quoted(variable)),
              "an event of a reaction changes counts by fixed numbers", "Make it constant");
      else if (auto math = formula(assignment, assignment.getMath(), user))
        event.assignments.push_back({variable, std::move(*math), at(assignment)});
    }
  }
};

}  // namespace

bool has_sbml() { return true; }

Network read_sbml_text(std::string_view text, std::string const& file, SbmlRules rules) {
  try {
    return SbmlReader(text, file, rules).read();
  } catch (::SBMLConstructorException const& problem) {
    // Of a namespace, level and version that do not belong together.
    throw Error(ExitCode::model, {Severity::error,
                                  {file, 0, 0},
                                  "libSBML cannot build the model",
                                  problem.what(),
                                  "Check the element sbml, its namespace, level and version"});
  }
}

}  // namespace cristae
