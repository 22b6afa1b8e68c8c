// tests/support/random_network.cpp - a grammar for networks, walked at random.
#include "tests/support/random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace cristae::test {
namespace {

class Generator {
 public:
  Generator(u64 seed, usize reactions) : random_(seed), reactions_(reactions) {
    closed_ = pick(3) == 0;
    species_ = 2 + pick(u32(std::min<usize>(reactions, 40)));
    // The first two have mass 1, so that any mass can be made up.
    for (u32 s = 0; s < species_; ++s) mass_.push_back(s < 2 ? 1 : 1 + pick(3));
  }

  std::string network() {
    std::string const laws = rules() + reactions() + observables() + conditions();
    std::string text = fmt::format("[network]\nname = \"random\"\ntime_unit = \"s\"\n[species]\n");
    for (u32 s = 0; s < species_; ++s) text += fmt::format("{} = {}\n", name(s), pick(50));
    text += "[parameters]\n" + parameters_;
    return text + laws + "[run]\nt_end = 4\nsample_every = 0.25\n";
  }

 private:
  std::mt19937_64 random_;
  usize reactions_;
  u32 species_ = 0;
  bool closed_ = false;
  std::vector<u32> mass_;
  std::string parameters_;
  u32 parameter_count_ = 0;
  std::vector<std::string> amounts_, shares_, constants_;  ///< rules that can be used

  u32 pick(u32 choices) { return u32(random_() % choices); }
  double uniform(double low, double high) {
    return low + (high - low) * (double(random_() >> 11) * 0x1p-53);
  }
  static std::string name(u32 species) { return fmt::format("S{}", species); }
  std::string any_species() { return name(pick(species_)); }

  /// A parameter of its own, or one that is there already.
  std::string parameter(double value) {
    parameters_ += fmt::format("p{} = {:.6g}\n", parameter_count_, value);
    return fmt::format("p{}", parameter_count_++);
  }
  std::string number(double value) {
    return pick(2) == 0 ? parameter(value) : fmt::format("{:.6g}", value);
  }
  std::string constant() { return number(uniform(0.5, 20)); }
  std::string exponent() { return number(pick(2) == 0 ? 1 + pick(4) : uniform(0.6, 4)); }

  // ---- expressions ----

  std::string condition(u32 depth) {
    auto const half = [&] { return fmt::format("{}.5", pick(40)); };
    if (depth == 0) {
      switch (pick(7)) {
        case 0: return any_species() + " < " + half();
        case 1: return any_species() + " + " + any_species() + " > " + half();
        case 2: return half() + " <= " + any_species();
        case 3: return any_species() + " >= " + any_species();
        case 4: return any_species() + fmt::format(" == {}", pick(20));
        case 5: return any_species() + " != " + any_species();
        default: return any_species() + " - " + any_species() + " <= " + half();
      }
    }
    switch (pick(3)) {
      case 0: return "(" + condition(depth - 1) + ") and (" + condition(0) + ")";
      case 1: return "(" + condition(0) + ") or (" + condition(depth - 1) + ")";
      default: return "not (" + condition(depth - 1) + ")";
    }
  }

  std::string amount(u32 depth) {
    if (depth == 0) {
      if (!amounts_.empty() && pick(4) == 0) return amounts_[pick(u32(amounts_.size()))];
      return pick(5) == 0 ? constant() : any_species();
    }
    u32 const d = depth - 1;
    auto const a = [&] { return amount(d); };
    switch (pick(17)) {
      case 0: return "(" + a() + " + " + amount(0) + ")";
      case 1: return "max(0, " + a() + " - " + amount(0) + ")";
      case 2: return "abs(" + a() + " - " + amount(0) + ")";
      case 3: return "min(" + a() + ", " + amount(0) + ", " + constant() + ")";
      case 4: return "max(" + a() + ", " + amount(0) + ")";
      case 5:
        return "piecewise(" + a() + ", " + condition(1) + ", " + amount(0) + ", " + condition(0) +
               ", " + amount(0) + ")";
      case 6: return "sqrt(" + a() + ")";
      case 7: return "ln(1 + " + a() + ")";
      case 8: return "log10(1 + " + a() + ")";
      case 9: return "floor((" + any_species() + " + 0.5) / 7)";
      case 10: return "ceil((" + any_species() + " + 0.5) / 3)";
      case 11: return a() + " * " + share(d);
      case 12: return "pow(" + a() + ", 0.5)";
      case 13: return "(1 + " + a() + ")^" + number(uniform(0.2, 0.9));
      case 14: return "-(-" + any_species() + ")";
      case 15: return "(" + a() + " / (1 + " + amount(0) + "))";
      default: return a();
    }
  }

  std::string share(u32 depth) {
    if (depth == 0) {
      if (!shares_.empty() && pick(2) == 0) return shares_[pick(u32(shares_.size()))];
      if (pick(2) == 0)
        return "hill(" + any_species() + ", " + constant() + ", " + exponent() + ")";
      return number(uniform(0.1, 1));
    }
    u32 const d = depth - 1;
    switch (pick(11)) {
      case 0: return "hill(" + amount(d) + ", " + constant() + ", " + exponent() + ")";
      case 1: return "(1 - hill(" + any_species() + ", " + constant() + ", " + exponent() + "))";
      case 2: return "10 / (10 + " + amount(d) + ")";
      case 3: return "exp(-" + any_species() + " / " + constant() + ")";
      case 4: return "piecewise(1, " + condition(d) + ", 0.25)";
      case 5: return share(d) + " * " + share(0);
      case 6: return "min(" + share(d) + ", " + share(0) + ")";
      case 7: {
        std::string const s = any_species();
        return "(" + s + " / (5 + " + s + "))^" + exponent();
      }
      case 8: return "1 / (1 + (" + any_species() + " / 8)^2)";
      case 9: return "(1 + " + any_species() + ")^-" + number(1 + pick(2));
      default: return "(" + condition(d) + ") * " + share(0);
    }
  }

  // ---- sections ----

  std::string rules() {
    std::vector<std::string> lines;
    auto const add = [&](std::vector<std::string>& kind, std::string const& text) {
      std::string const id = fmt::format("r{}", lines.size());
      lines.push_back(id + " = \"" + text + "\"\n");
      kind.push_back(id);
    };
    for (u32 i = pick(3); i > 0; --i)
      add(constants_,
          constants_.empty() ? parameter(uniform(0.5, 2)) + " * 2" : constants_.back() + " + 1");
    for (u32 i = pick(5); i > 0; --i)
      pick(2) == 0 ? add(amounts_, amount(2)) : add(shares_, share(2));
    for (usize i = lines.size(); i > 1; --i) std::swap(lines[i - 1], lines[pick(u32(i))]);
    std::string text;
    for (auto const& line : lines) text += line;
    return text.empty() ? "" : "[rules]\n" + text;
  }

  struct Sides {
    std::vector<u32> reactants, products;  ///< species, one entry a copy
  };

  Sides sides() {
    Sides s;
    u32 const order = closed_ ? 1 + pick(3) : pick(4);
    for (u32 i = 0; i < order; ++i)
      s.reactants.push_back(i > 0 && pick(3) == 0 ? s.reactants.back() : pick(species_));
    if (closed_) {
      u32 left = 0;
      for (u32 const r : s.reactants) left += mass_[r];
      while (left > 0) {
        u32 product = pick(species_);
        if (mass_[product] > left) product = pick(2);
        s.products.push_back(product);
        left -= mass_[product];
      }
      return s;
    }
    // Fewer copies after than before on average, so that counts stay moderate.
    bool const catalysed = order > 0 && pick(4) == 0;
    if (catalysed) s.products.push_back(s.reactants[0]);
    u32 const made = order == 0 ? 1 + pick(3) : catalysed ? pick(2) : pick(order + 1);
    for (u32 i = 0; i < made; ++i) s.products.push_back(pick(species_));
    return s;
  }

  static std::string side(std::vector<u32> copies) {
    if (copies.empty()) return "0";
    std::sort(copies.begin(), copies.end());
    std::string text;
    for (usize i = 0; i < copies.size();) {
      usize end = i;
      while (end < copies.size() && copies[end] == copies[i]) ++end;
      if (!text.empty()) text += " + ";
      text += (end - i > 1 ? fmt::format("{} ", end - i) : "") + name(copies[i]);
      i = end;
    }
    return text;
  }

  std::string reactions() {
    std::string text = "[reactions]\n";
    for (usize j = 0; j < reactions_; ++j) {
      Sides const s = sides();
      usize const order = s.reactants.size();
      double const scale[] = {8, 1, 0.04, 0.002};
      double const k = scale[order] * std::exp(uniform(-2, 1));
      std::string law;
      if (pick(2) == 0) {
        law = "mass_action = \"" + number(k);
        if (!constants_.empty() && pick(3) == 0) law += " / " + constants_.back();
      } else {
        law = "rate = \"" + number(order == 0 ? k : std::exp(uniform(-2, 1)));
        // Some laws do not vanish without their reactants and need the guard.
        if (order > 0) law += " * " + (pick(4) == 0 ? amount(1) : name(s.reactants[0]));
        law += " * " + share(2);
      }
      text += fmt::format("j{} = {{ equation = \"{} -> {}\", {}\" }}\n", j, side(s.reactants),
                          side(s.products), law);
    }
    return text;
  }

  std::string observables() {
    std::string text = "[observables]\n";
    text += fmt::format("fired = \"count(j0) + 2 * count(j{})\"\n", pick(u32(reactions_)));
    text += "something = \"" + amount(2) + " + " + share(2) + "\"\n";
    return text;
  }

  std::string conditions() {
    std::string text = "[conditions.changes]\n";
    text += fmt::format("initial = {{ {} = {} }}\nat = [\n", any_species(), pick(60));
    double time = 0;
    for (u32 i = 1 + pick(3); i > 0; --i) {
      // Some changes are at sample times.
      time += pick(2) == 0 ? 0.25 * (1 + pick(4)) : uniform(0.1, 1);
      text += fmt::format("  {{ time = {:.17g}", time);
      if (parameter_count_ > 0 && pick(3) > 0)
        text += fmt::format(", set = {{ p{} = {:.6g} }}", pick(parameter_count_), uniform(0.2, 3));
      text += fmt::format(", add = {{ {} = {} }} }},\n", any_species(), i64(pick(12)) - 1);
    }
    return text + "]\n";
  }
};

}  // namespace

std::string random_network(u64 seed, usize reactions) {
  return Generator(seed, reactions).network();
}

usize random_network_size(u64 seed) {
  std::mt19937_64 random(seed ^ 0x9e3779b97f4a7c15u);
  double const u = double(random() >> 11) * 0x1p-53;
  return usize(std::floor(2 * std::pow(150.5, u)));
}

}  // namespace cristae::test
