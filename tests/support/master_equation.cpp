// tests/support/master_equation.cpp - finite state projection by uniformisation.
#include "tests/support/master_equation.hpp"

#include <algorithm>
#include <cmath>

namespace cristae::test {

MasterEquation::MasterEquation(State upper, State const& initial) : upper_(std::move(upper)) {
  usize states = 1;
  for (int const top : upper_) {
    stride_.push_back(states);
    states *= usize(top) + 1;
  }
  p_.assign(states, 0.0);
  p_[state_index(initial)] = 1;
}

usize MasterEquation::state_index(State const& state) const {
  usize index = 0;
  for (usize d = 0; d < state.size(); ++d) index += stride_[d] * usize(state[d]);
  return index;
}

bool MasterEquation::contains(State const& state) const {
  for (usize d = 0; d < state.size(); ++d)
    if (state[d] < 0 || state[d] > upper_[d]) return false;
  return true;
}

State MasterEquation::state_of(usize index) const {
  State state(upper_.size());
  for (usize d = 0; d < upper_.size(); ++d)
    state[d] = int(index / stride_[d] % (usize(upper_[d]) + 1));
  return state;
}

void MasterEquation::advance(std::vector<Channel> const& channels, double time) {
  struct Jump {
    u32 from, to;
    double rate;
  };
  std::vector<Jump> jumps;
  std::vector<double> exit(p_.size(), 0.0);
  for (usize i = 0; i < p_.size(); ++i) {
    State const from = state_of(i);
    for (Channel const& channel : channels) {
      double const rate = channel.propensity(from);
      if (!(rate > 0)) continue;
      exit[i] += rate;
      State to = from;
      for (usize d = 0; d < to.size(); ++d) to[d] += channel.change[d];
      if (contains(to)) jumps.push_back({u32(i), u32(state_index(to)), rate});
    }
  }
  double const fastest = *std::max_element(exit.begin(), exit.end());
  if (!(fastest > 0)) return;
  // In steps of at most 600 mean jumps, so that exp(-jumps) does not underflow.
  int const steps = int(std::ceil(fastest * time / 600));
  double const jumps_per_step = fastest * time / steps;
  std::vector<double> power, next(p_.size()), sum(p_.size());
  for (int step = 0; step < steps; ++step) {
    power = p_;
    double weight = std::exp(-jumps_per_step), covered = weight;
    for (usize i = 0; i < p_.size(); ++i) sum[i] = weight * power[i];
    for (double k = 1; covered < 1 - 1e-13 && k < 2000; ++k) {
      for (usize i = 0; i < p_.size(); ++i) next[i] = power[i] * (1 - exit[i] / fastest);
      for (Jump const& j : jumps) next[j.to] += power[j.from] * (j.rate / fastest);
      power.swap(next);
      weight *= jumps_per_step / k;
      covered += weight;
      for (usize i = 0; i < p_.size(); ++i) sum[i] += weight * power[i];
    }
    p_ = sum;
  }
}

void MasterEquation::shift(State const& change) {
  std::vector<double> moved(p_.size(), 0.0);
  for (usize i = 0; i < p_.size(); ++i) {
    State to = state_of(i);
    for (usize d = 0; d < to.size(); ++d) to[d] += change[d];
    if (contains(to)) moved[state_index(to)] += p_[i];
  }
  p_ = moved;
}

double MasterEquation::lost() const {
  double sum = 0;
  for (double const p : p_) sum += p;
  return 1 - sum;
}

double MasterEquation::mean(std::function<double(State const&)> const& value) const {
  double sum = 0;
  for (usize i = 0; i < p_.size(); ++i)
    if (p_[i] > 0) sum += p_[i] * value(state_of(i));
  return sum;
}

}  // namespace cristae::test
