// tests/support/master_equation.hpp - the chemical master equation on a box of states.
//
// Munsky and Khammash 2006, J. Chem. Phys. 124:044104 (finite state projection): what leaves the box
// is lost, and the probability lost bounds the error of every state's. Jensen 1953 (uniformisation):
// p(t) is a Poisson-weighted sum of powers of a stochastic matrix, all terms positive.
// Laws are C++ functions, written again by hand: no parser, no tree, no core.
#pragma once

#include <functional>
#include <vector>

#include "host/base/types.hpp"

namespace cristae::test {

using State = std::vector<int>;

struct Channel {
  std::vector<int> change;
  std::function<double(State const&)> propensity;
};

class MasterEquation {
 public:
  /// States 0..upper[d] in every dimension d, all probability at `initial`.
  MasterEquation(State upper, State const& initial);

  /// Goes on for a time under these channels.
  void advance(std::vector<Channel> const& channels, double time);
  /// Moves all probability by a fixed change, as a scheduled addition of copies does.
  void shift(State const& change);

  /// By state_index; what is lost is missing.
  std::vector<double> const& probabilities() const { return p_; }
  double lost() const;
  usize state_index(State const& state) const;  ///< of a state within the box
  bool contains(State const& state) const;

  /// Sum of value(state) p(state).
  double mean(std::function<double(State const&)> const& value) const;

 private:
  State state_of(usize index) const;

  State upper_;
  std::vector<usize> stride_;
  std::vector<double> p_;
};

}  // namespace cristae::test
