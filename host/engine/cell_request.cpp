// host/engine/cell_request.cpp - names and distributions resolved, correlations factored.
#include "host/engine/cell_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/base/error.hpp"
#include "host/base/words.hpp"
#include "host/model/conservation.hpp"
#include "host/model/twin.hpp"

namespace cristae {
namespace {

/// The word between blanks.
std::string word_in(std::string_view text) { return std::string(trimmed(text)); }

template <class Things>
auto find_id(Things const& things, std::string const& id) {
  return std::find_if(things.begin(), things.end(), [&](auto const& one) { return one.id == id; });
}

template <class Things>
void add_ids(Things const& things, std::vector<std::string>& to) {
  for (auto const& thing : things) to.push_back(thing.id);
}

bool has_name(std::vector<VariedQuantity> const& quantities, std::string const& name) {
  return std::any_of(quantities.begin(), quantities.end(),
                     [&](auto const& one) { return one.name == name; });
}

/// The lower triangular factor of a symmetric matrix [n][n]; nothing where there is none.
std::optional<std::vector<double>> factored(std::vector<double> const& matrix, usize n) {
  std::vector<double> factor(n * n, 0.0);
  for (usize i = 0; i < n; ++i)
    for (usize j = 0; j <= i; ++j) {
      double sum = matrix[i * n + j];
      for (usize k = 0; k < j; ++k) sum -= factor[i * n + k] * factor[j * n + k];
      if (i != j) {
        factor[i * n + j] = factor[j * n + j] > 0 ? sum / factor[j * n + j] : 0;
      } else {
        if (sum < -1e-12) return std::nullopt;
        factor[i * n + i] = std::sqrt(std::max(0.0, sum));
      }
    }
  // Of a singular matrix the factor exists only where the rest comes out.
  for (usize i = 0; i < n; ++i)
    for (usize j = 0; j <= i; ++j) {
      double sum = 0;
      for (usize k = 0; k <= j; ++k) sum += factor[i * n + k] * factor[j * n + k];
      if (std::fabs(sum - matrix[i * n + j]) > 1e-9) return std::nullopt;
    }
  return factor;
}

}  // namespace

void CellRequest::report(std::string problem, std::string reason, std::string fix) {
  findings_.push_back({Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
}

Variation const* CellRequest::declared(std::string const& name) const {
  auto const found = find_id(network_.variations, name);
  return found == network_.variations.end() ? nullptr : &*found;
}

std::vector<VariedQuantity> CellRequest::quantities() {
  std::vector<VariedQuantity> quantities, given;
  bool all = false;
  std::vector<std::string> named;
  for (auto const& text : vary_) {
    auto const equals = text.find('=');
    auto const name = word_in(text.substr(0, equals));
    if (name.empty()) {
      report(fmt::format("'{}' does not say what varies", text), "",
             "It is written NAME=lognormal(cv=0.3), NAME or all");
      continue;
    }
    if (equals != std::string::npos) {
      if (has_name(given, name))
        report(fmt::format("'{}' is varied twice", name), "one of the two would be lost",
               "Remove one");
      add_given(name, text.substr(equals + 1), given);
    } else if (name == "all") {
      all = true;
      if (network_.variations.empty())
        report("the network declares no variation", "'all' is what stands under [vary] in its file",
               "Give distributions: --vary 'NAME=lognormal(cv=0.3)'");
    } else if (declared(name) != nullptr) {
      named.push_back(name);
    } else {
      std::vector<std::string> known{"all"};
      add_ids(network_.variations, known);
      auto const near = nearest_name(name, known);
      report(fmt::format("'{}' is not declared under [vary] of the network", name), "",
             near.empty() ? fmt::format("Give a distribution: --vary '{}=lognormal(cv=0.3)'", name)
                          : fmt::format("Did you mean '{}'?", near));
    }
  }
  for (auto const& one : network_.variations) {
    bool const is_named = std::count(named.begin(), named.end(), one.id) > 0;
    if ((all || is_named) && !has_name(given, one.id))
      quantities.push_back({one.id, one.factor, one.parameters, one.species});
  }
  quantities.insert(quantities.end(), given.begin(), given.end());
  for (auto const& quantity : quantities)
    if (quantity.name.find_first_of(",=(") != std::string::npos)
      report(fmt::format("a variation is called '{}'", quantity.name),
             "',', '=' and '(' separate the parts of --vary", "Rename it in the network file");
  check_scaled_once(quantities);
  return quantities;
}

void CellRequest::add_given(std::string const& name, std::string const& distribution,
                            std::vector<VariedQuantity>& to) {
  VariedQuantity quantity;
  quantity.name = name;
  if (auto const* const known = declared(name)) {
    quantity.parameters = known->parameters;
    quantity.species = known->species;
  } else {
    std::string rest = name;
    for (bool more = true; more;) {
      auto const plus = rest.find('+');
      add_name(word_in(rest.substr(0, plus)), quantity);
      more = plus != std::string::npos;
      if (more) rest = rest.substr(plus + 1);
    }
  }
  try {
    quantity.factor = Distribution::parse(distribution);
  } catch (Error const& error) {
    for (auto finding : error.diagnostics()) {
      finding.problem = fmt::format("variation of '{}': {}", name, finding.problem);
      findings_.push_back(std::move(finding));
    }
  }
  to.push_back(std::move(quantity));
}

void CellRequest::add_name(std::string const& name, VariedQuantity& to) {
  auto const parameter = find_id(network_.parameters, name);
  auto const species = find_id(network_.species, name);
  if (parameter != network_.parameters.end()) {
    to.parameters.push_back(ParameterId{static_cast<u32>(parameter - network_.parameters.begin())});
  } else if (species != network_.species.end()) {
    to.species.push_back(SpeciesId{static_cast<u32>(species - network_.species.begin())});
    // A twin starts as its original does.
    auto const twin = find_id(network_.species, name + twin_suffix);
    if (twin != network_.species.end())
      to.species.push_back(SpeciesId{static_cast<u32>(twin - network_.species.begin())});
  } else if (find_id(network_.rules, name) != network_.rules.end()) {
    report(fmt::format("'{}' is a rule, it cannot vary by itself", name), "",
           "Vary the parameters that it depends on");
  } else {
    std::vector<std::string> known;
    add_ids(network_.parameters, known);
    add_ids(network_.species, known);
    add_ids(network_.variations, known);
    auto const near = nearest_name(name, known);
    report(fmt::format("'{}' is neither a parameter nor a species", name), "it is to vary",
           near.empty() ? "'cristae inspect' lists them" : fmt::format("Did you mean '{}'?", near));
  }
}

void CellRequest::check_scaled_once(std::vector<VariedQuantity> const& quantities) {
  std::map<std::string, std::string> scaled_by;
  auto const check = [&](std::string const& id, VariedQuantity const& quantity) {
    auto const [place, is_new] = scaled_by.emplace(id, quantity.name);
    if (is_new) return;
    report(
        place->second == quantity.name
            ? fmt::format("'{}' is scaled twice by '{}'", id, quantity.name)
            : fmt::format("'{}' is scaled by '{}' and by '{}'", id, place->second, quantity.name),
        "it would get the product of both factors", "Remove one");
  };
  for (auto const& quantity : quantities) {
    for (auto const id : quantity.parameters)
      check(network_.parameters[static_cast<u32>(id)].id, quantity);
    for (auto const id : quantity.species)
      check(network_.species[static_cast<u32>(id)].id, quantity);
  }
}

void CellRequest::correlate(CellVariation& cells) {
  auto const& quantities = cells.quantities;
  usize const n = quantities.size();
  std::vector<double> matrix(n * n, 0.0);
  for (usize i = 0; i < n; ++i) matrix[i * n + i] = 1;
  bool is_correlated = false;
  auto const index = [&](std::string const& name) {
    return static_cast<usize>(std::find_if(quantities.begin(), quantities.end(),
                                           [&](auto const& q) { return q.name == name; }) -
                              quantities.begin());
  };
  auto const set = [&](usize i, usize j, double r) {
    bool const is_table = quantities[i].factor.kind() == FactorKind::table ||
                          quantities[j].factor.kind() == FactorKind::table;
    if (r != 0 && is_table) {
      report(fmt::format("'{}' and '{}' are to be correlated, and one of them is a table",
                         quantities[i].name, quantities[j].name),
             "tables keep the rows that they have", "Put both into one table");
      return;
    }
    matrix[i * n + j] = matrix[j * n + i] = r;
    is_correlated = is_correlated || r != 0;
  };
  for (auto const& variation : network_.variations) {
    usize const i = index(variation.id);
    for (auto const& [other, r] : variation.correlations) {
      usize const j = index(other);
      if (i < n && j < n) set(i, j, r);
    }
  }
  for (auto const& text : correlate_) {
    auto const equals = text.rfind('='), comma = text.find(',');
    auto const r = number_in(trimmed(std::string_view(text).substr(equals + 1)));
    if (comma == std::string::npos || equals == std::string::npos || comma > equals || !r ||
        !(std::fabs(*r) <= 1)) {
      report(fmt::format("'{}' is no correlation", text), "",
             "It is written NAME,NAME=R with R from -1 to 1");
      continue;
    }
    std::string const names[2] = {word_in(text.substr(0, comma)),
                                  word_in(text.substr(comma + 1, equals - comma - 1))};
    bool are_known = true;
    for (auto const& name : names) {
      if (index(name) < n) continue;
      are_known = false;
      report(fmt::format("'{}' is to be correlated, but does not vary", name), "",
             "Name it with --vary, too");
    }
    if (are_known && names[0] == names[1])
      report(fmt::format("'{}' is to be correlated with itself", names[0]), "", "Name two");
    else if (are_known)
      set(index(names[0]), index(names[1]), *r);
  }
  if (!is_correlated || !findings_.empty()) return;
  auto factor = factored(matrix, n);
  if (!factor)
    return report("the correlations contradict each other",
                  "no quantities can be correlated in this way", "Change one of them");
  cells.correlation = std::move(matrix);
  cells.mixing = std::move(*factor);
}

namespace {

void remark_on_factor(VariedQuantity const& quantity, std::vector<Diagnostic>& to) {
  double const mean = quantity.factor.mean();
  if (std::fabs(mean - 1) > 1e-9)
    to.push_back({Severity::note,
                  {},
                  fmt::format("the factors of '{}' have mean {:.4g}", quantity.name, mean),
                  "the average cell is not the cell without variation",
                  ""});
}

/// Values that a bound holds back, of the parameter's first value.
void remark_on_bounds(Experiment const& e, VariedQuantity const& quantity,
                      std::vector<Diagnostic>& to) {
  for (auto const id : quantity.parameters) {
    auto const& parameter = e.network->parameters[static_cast<u32>(id)];
    double const value = e.segments.front().parameters[static_cast<u32>(id)];
    if (!(value > 0)) continue;
    double const held = quantity.factor.share_below(parameter.lower / value) + 1 -
                        quantity.factor.share_below(parameter.upper / value);
    if (std::isfinite(held) && held > 1e-6)
      to.push_back({Severity::note,
                    {},
                    fmt::format("in {:.2g} % of the cells '{}' is held at a bound", 100 * held,
                                parameter.id),
                    fmt::format("it is {} and must stay within [{}, {}]", value, parameter.lower,
                                parameter.upper),
                    "Give it a distribution that ends there, such as beta"});
  }
}

constexpr double most_of_it = 0.9;

/// A conserved total is scaled as a whole, or the cell has other shares than the network.
void remark_on_totals(Experiment const& e, VariedQuantity const& quantity,
                      std::vector<ConservationLaw> const& laws, std::vector<Diagnostic>& to) {
  auto const is_scaled = [&](SpeciesId id) {
    return std::count(quantity.species.begin(), quantity.species.end(), id) > 0;
  };
  for (auto const& law : laws) {
    std::vector<std::string> left;
    double scaled = 0, total = 0;
    bool is_total = true;
    for (auto const& [id, coefficient] : law.coefficients) {
      is_total = is_total && coefficient > 0;
      double const part =
          static_cast<double>(coefficient) * static_cast<double>(e.initial[static_cast<u32>(id)]);
      total += part;
      if (is_scaled(id))
        scaled += part;
      else if (part != 0)
        left.push_back(e.network->species[static_cast<u32>(id)].id);
    }
    // A complex that belongs to two totals can follow only one of them.
    if (!is_total || scaled < (1 - most_of_it) * total || scaled > most_of_it * total) continue;
    to.push_back(
        {Severity::note,
         {},
         fmt::format("'{}' scales {:.0f} % of a conserved total, and not {}", quantity.name,
                     100 * scaled / total, fmt::join(left, ", ")),
         "",
         fmt::format("To scale all of it, name {} too: '{}+{}=...'",
                     left.size() == 1 ? "it" : "them", quantity.name, fmt::join(left, "+"))});
  }
}

}  // namespace

std::vector<Diagnostic> remarks_of_cells(Experiment const& experiment) {
  std::vector<Diagnostic> remarks;
  std::vector<ConservationLaw> laws;
  auto const& quantities = experiment.cells.quantities;
  if (std::any_of(quantities.begin(), quantities.end(),
                  [](auto const& quantity) { return !quantity.species.empty(); }))
    laws = conservation_laws(*experiment.network).laws;
  if (!quantities.empty() && experiment.cells.replicates > experiment.sisters)
    remarks.push_back(
        {Severity::note,
         {},
         "standard errors count every trajectory",
         fmt::format("the {} of a cell are alike, so those of means over cells are larger",
                     experiment.cells.replicates),
         "cristae analyze decompose has intervals over cells"});
  for (auto const& quantity : quantities) {
    remark_on_factor(quantity, remarks);
    remark_on_bounds(experiment, quantity, remarks);
    remark_on_totals(experiment, quantity, laws, remarks);
  }
  return remarks;
}

}  // namespace cristae
