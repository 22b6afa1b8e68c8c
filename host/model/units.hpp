// host/model/units.hpp - units of quantities, and whether the laws of a network agree with them.
//
// Laws compute with plain numbers: units never change a result. They are checked to find slips, and
// a finding is made only where the units as written contradict each other for certain.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// A product of powers of base names. s, min, h and day are bases of their own that can be converted
/// into each other; every other name (token, mRNA, L, ...) is a base that stands for itself.
class Unit {
 public:
  Unit() = default;  ///< 1, a pure number
  explicit Unit(std::string base) { powers_[std::move(base)] = 1; }

  bool is_one() const { return powers_.empty(); }
  /// By base; no power is 0.
  std::map<std::string, i32> const& powers() const { return powers_; }
  bool operator==(Unit const&) const = default;

 private:
  friend std::optional<Unit> product(Unit const&, Unit const&, i32);
  std::map<std::string, i32> powers_;
};

/// a * b^exponent; nothing if a power leaves the range -1000 to 1000.
std::optional<Unit> product(Unit const& a, Unit const& b, i32 exponent = 1);

/// Reads `1/(token min)`, `count^2`, `1`, `L`, `a*b/c`. Spellings of one unit are one base: sec,
/// second, minute, hr, hour, d, ...; copy, copies, molecule, molecules, counts are count. Nothing for
/// other text, such as "token of 1000" or the ambiguous "1/token min".
std::optional<Unit> parse_unit(std::string_view text);

/// `1/(token min)`: what parse_unit reads back as the same.
std::string to_string(Unit const& unit);

/// How many `to` one `from` is if they differ in the choice of time units only; otherwise nothing.
std::optional<double> conversion_factor(Unit const& from, Unit const& to);

/// The laws of a network (rates, rules, observables) by what is known of their units.
struct UnitReport {
  usize consistent = 0;              ///< everything in them has a unit, and all agree
  usize unknown = 0;                 ///< no contradiction, but units are missing or cannot be told
  usize contradicted = 0;            ///< with at least one warning
  std::vector<Diagnostic> warnings;  ///< in file order
};

/// Sums, comparisons, min, max and the values of piecewise need one unit; so do x and K of hill.
/// exp, and exponents, need pure numbers; ln and log10 take these and products of species' units. A
/// propensity must be such a product, or 1, over the network's time unit. Number literals fit any
/// unit in a sum; 0, 1 and 2 are pure numbers in a product, others may carry a unit there.
UnitReport check_units(Network const& network);

}  // namespace cristae
