// host/model/conservation.cpp - elimination, semi-positive invariants, and the choice among them.
#include "host/model/conservation.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace cristae {
namespace {

__extension__ using i128 = __int128;

constexpr usize elimination_work = 200'000'000;  // steps of the inner loops: a second or two
constexpr usize invariant_work = 50'000'000;
constexpr usize invariant_cells = 1'000'000;
constexpr usize most_invariants = 500;

/// A limit was reached; the caller does without.
struct GivenUp {};

i128 checked_product(i128 a, i128 b) {
  i128 result = 0;
  if (__builtin_mul_overflow(a, b, &result)) throw GivenUp{};
  return result;
}

i128 checked_sum(i128 a, i128 b) {
  i128 result = 0;
  if (__builtin_add_overflow(a, b, &result)) throw GivenUp{};
  return result;
}

i128 magnitude(i128 a) { return a < 0 ? checked_product(a, -1) : a; }

i128 divisor_of(i128 a, i128 b) {
  a = magnitude(a);
  b = magnitude(b);
  while (b != 0) {
    i128 const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

class Work {
 public:
  explicit Work(usize limit) : left_(limit) {}
  void spend(usize steps) {
    if (steps > left_) throw GivenUp{};
    left_ -= steps;
  }

 private:
  usize left_;
};

struct Entry {
  u32 column;
  i128 value;
};
using Row = std::vector<Entry>;  // by column, no value is 0

/// a * x + b * y without a common divisor.
Row combined(i128 a, Row const& x, i128 b, Row const& y, Work& work) {
  work.spend(x.size() + y.size());
  Row sum;
  sum.reserve(x.size() + y.size());
  i128 divisor = 0;
  auto const push = [&](u32 column, i128 value) {
    if (value == 0) return;
    if (divisor != 1) divisor = divisor_of(divisor, value);
    sum.push_back({column, value});
  };
  usize i = 0, j = 0;
  while (i < x.size() || j < y.size()) {
    if (j == y.size() || (i < x.size() && x[i].column < y[j].column)) {
      push(x[i].column, checked_product(a, x[i].value));
      ++i;
    } else if (i == x.size() || y[j].column < x[i].column) {
      push(y[j].column, checked_product(b, y[j].value));
      ++j;
    } else {
      push(x[i].column,
           checked_sum(checked_product(a, x[i].value), checked_product(b, y[j].value)));
      ++i;
      ++j;
    }
  }
  if (divisor > 1)
    for (auto& entry : sum) entry.value /= divisor;
  return sum;
}

/// `row` with its first entry removed by `pivot`, whose first entry is in the same column.
Row reduced(Row const& row, Row const& pivot, Work& work) {
  i128 const p = pivot.front().value;
  i128 const r = row.front().value;
  i128 const divisor = divisor_of(p, r);
  return combined(p / divisor, row, checked_product(-1, r / divisor), pivot, work);
}

/// State changes by species: columns are reactions, those with few entries first. A reaction that
/// does what another one does, or undoes it, adds nothing and is left out.
struct Changes {
  std::vector<Row> rows;
  u32 columns = 0;
};

Changes changes_of(Network const& network) {
  std::set<std::pair<usize, std::vector<std::pair<u32, i64>>>> columns;
  for (auto const& reaction : network.reactions) {
    std::map<u32, i64> change;
    for (auto const& [species, count] : reaction.reactants)
      change[static_cast<u32>(species)] -= count;
    for (auto const& [species, count] : reaction.products)
      change[static_cast<u32>(species)] += count;
    std::vector<std::pair<u32, i64>> column;
    for (auto const& [species, count] : change)
      if (count != 0) column.emplace_back(species, count);
    if (column.empty()) continue;
    if (column.front().second < 0)
      for (auto& [species, count] : column) count = -count;
    columns.emplace(column.size(), std::move(column));
  }
  // What an event sets can become anything.
  for (Event const& event : network.events)
    for (auto const& assignment : event.assignments)
      if (auto const* species = std::get_if<SpeciesId>(&assignment.target))
        columns.insert({1, {{static_cast<u32>(*species), 1}}});
  Changes changes;
  changes.rows.resize(network.species.size());
  for (auto const& [size, column] : columns) {
    for (auto const& [species, count] : column)
      changes.rows[species].push_back({changes.columns, count});
    ++changes.columns;
  }
  return changes;
}

/// A basis of all laws, as rows over species: [N | 1] is brought to echelon form, and what is left
/// of the rows that lost their part of N are the laws.
std::vector<Row> plain_basis(Changes const& changes) {
  Work work(elimination_work);
  std::vector<Row> rows = changes.rows;
  std::vector<std::vector<u32>> starting(changes.columns);  // rows by the column they start in
  auto const file = [&](u32 row) {
    u32 const column = rows[row].front().column;
    if (column < changes.columns) starting[column].push_back(row);
  };
  for (u32 species = 0; species < rows.size(); ++species) {
    rows[species].push_back({changes.columns + species, 1});
    file(species);
  }
  for (auto const& here : starting) {
    if (here.empty()) continue;
    u32 const pivot = *std::min_element(here.begin(), here.end(), [&](u32 a, u32 b) {
      return std::tuple(rows[a].size(), a) < std::tuple(rows[b].size(), b);
    });
    Row const taken = std::move(rows[pivot]);
    rows[pivot].clear();
    for (u32 const row : here) {
      if (row == pivot) continue;
      rows[row] = reduced(rows[row], taken, work);
      file(row);
    }
  }
  std::erase_if(rows, [](Row const& row) { return row.empty(); });
  for (auto& row : rows)
    for (auto& entry : row) entry.column -= changes.columns;
  return rows;
}

/// Sum of magnitudes and the number of negative ones: what makes a law easy to read.
std::pair<i128, usize> size_of(Row const& row) {
  i128 sum = 0;
  usize negative = 0;
  for (auto const& entry : row) {
    sum = checked_sum(sum, magnitude(entry.value));
    negative += entry.value < 0 ? 1 : 0;
  }
  return {sum, negative};
}

/// With more positive than negative copies; the first one positive where that is a draw.
void orient(Row& row) {
  i128 sum = 0;
  for (auto const& entry : row) sum = checked_sum(sum, entry.value);
  if (sum > 0 || (sum == 0 && row.front().value > 0)) return;
  for (auto& entry : row) entry.value = -entry.value;
}

/// Adds and subtracts rows of a basis from each other while that makes one smaller.
void shorten(std::vector<Row>& basis) {
  Work work(invariant_work);
  for (auto& row : basis) orient(row);
  try {
    for (bool better = true; better;) {
      better = false;
      for (usize i = 0; i < basis.size(); ++i) {
        for (usize j = 0; j < basis.size(); ++j) {
          for (int const sign : {-1, 1}) {
            if (i == j) continue;
            Row next = combined(1, basis[i], sign, basis[j], work);
            orient(next);
            if (size_of(next) >= size_of(basis[i])) continue;
            basis[i] = std::move(next);
            better = true;
          }
        }
      }
    }
  } catch (GivenUp const&) {  // it is a basis all the same
  }
}

/// Non-negative laws of smallest support (all of them), by removing one reaction after the other
/// from [N | 1] with sums of rows only. Rows are dense here.
class Invariants {
 public:
  Invariants(Changes const& changes, std::vector<u32> const& species) : species_(species) {
    columns_ = changes.columns;
    width_ = columns_ + species.size();
    work_.spend(width_ * species.size());
    if (width_ * species.size() > invariant_cells) throw GivenUp{};
    for (usize i = 0; i < species.size(); ++i) {
      Dense row;
      row.values.resize(width_);
      row.support.resize((species.size() + 63) / 64);
      for (auto const& entry : changes.rows[species[i]]) row.values[entry.column] = entry.value;
      row.values[columns_ + i] = 1;
      row.support[i / 64] |= u64{1} << (i % 64);
      rows_.push_back(std::move(row));
    }
  }

  std::vector<Row> find() {
    while (auto const column = next_column()) remove(*column);
    std::vector<Row> laws;
    for (auto const& row : rows_) {
      Row law;
      for (usize i = 0; i < species_.size(); ++i)
        if (i128 const value = row.values[columns_ + i]; value != 0)
          law.push_back({species_[i], value});
      laws.push_back(std::move(law));
    }
    return laws;
  }

 private:
  struct Dense {
    std::vector<i128> values;  ///< what is left of N, then the law
    std::vector<u64> support;  ///< of the law
  };

  std::vector<u32> const& species_;
  usize columns_ = 0;
  usize width_ = 0;
  Work work_{invariant_work};
  std::vector<Dense> rows_;

  /// The reaction whose removal adds the fewest rows.
  std::optional<usize> next_column() {
    work_.spend(rows_.size() * columns_);
    std::optional<usize> best;
    i64 least = 0;
    for (usize column = 0; column < columns_; ++column) {
      i64 positive = 0, negative = 0;
      for (auto const& row : rows_) {
        positive += row.values[column] > 0 ? 1 : 0;
        negative += row.values[column] < 0 ? 1 : 0;
      }
      if (positive + negative == 0) continue;
      i64 const growth = positive * negative - positive - negative;
      if (!best || growth < least) {
        best = column;
        least = growth;
      }
    }
    return best;
  }

  void remove(usize column) {
    std::vector<Dense> next;
    for (auto const& row : rows_)
      if (row.values[column] == 0) next.push_back(row);
    for (auto const& plus : rows_) {
      if (plus.values[column] <= 0) continue;
      for (auto const& minus : rows_)
        if (minus.values[column] < 0) next.push_back(sum_without(column, plus, minus));
    }
    rows_ = with_smallest_support(std::move(next));
    if (rows_.size() > most_invariants) throw GivenUp{};
  }

  Dense sum_without(usize column, Dense const& plus, Dense const& minus) {
    work_.spend(width_);
    i128 const common = divisor_of(plus.values[column], minus.values[column]);
    i128 const a = magnitude(minus.values[column]) / common;
    i128 const b = plus.values[column] / common;
    Dense sum;
    sum.values.resize(width_);
    i128 divisor = 0;
    for (usize i = 0; i < width_; ++i) {
      if (plus.values[i] == 0 && minus.values[i] == 0) continue;
      sum.values[i] =
          checked_sum(checked_product(a, plus.values[i]), checked_product(b, minus.values[i]));
      if (divisor != 1) divisor = divisor_of(divisor, sum.values[i]);
    }
    if (divisor > 1)
      for (auto& value : sum.values) value /= divisor;
    sum.support = plus.support;
    for (usize i = 0; i < sum.support.size(); ++i) sum.support[i] |= minus.support[i];
    return sum;
  }

  /// Without rows whose law uses all species of another one and more; one of each support.
  std::vector<Dense> with_smallest_support(std::vector<Dense> rows) {
    if (rows.empty()) return rows;
    work_.spend(rows.size() * rows.size() * rows[0].support.size());
    std::vector<Dense> kept;
    for (usize i = 0; i < rows.size(); ++i) {
      bool needed = true;
      for (usize j = 0; j < rows.size() && needed; ++j) {
        if (i == j || !contains(rows[i].support, rows[j].support)) continue;
        needed = rows[i].support == rows[j].support && i < j;
      }
      if (needed) kept.push_back(rows[i]);
    }
    return kept;
  }

  static bool contains(std::vector<u64> const& all, std::vector<u64> const& part) {
    for (usize i = 0; i < all.size(); ++i)
      if ((part[i] & ~all[i]) != 0) return false;
    return true;
  }
};

/// Rows that depend on none of those taken before.
class Independent {
 public:
  /// False if `row` is a combination of earlier ones.
  bool take(Row row) {
    while (!row.empty()) {
      auto const [found, is_new] = echelon_.try_emplace(row.front().column, row);
      if (is_new) return true;
      row = reduced(row, found->second, work_);
    }
    return false;
  }

 private:
  std::map<u32, Row> echelon_;
  Work work_{elimination_work};
};

void sort_by_size(std::vector<Row>& laws) {
  std::stable_sort(laws.begin(), laws.end(), [](Row const& a, Row const& b) {
    return std::tuple(a.size(), size_of(a).first) < std::tuple(b.size(), size_of(b).first);
  });
}

std::vector<Row> invariants(Changes const& changes, std::vector<Row> const& basis) {
  std::set<u32> involved;  // species in no law of the basis are in none at all
  for (auto const& law : basis)
    for (auto const& entry : law) involved.insert(entry.column);
  try {
    std::vector<u32> const species(involved.begin(), involved.end());
    return Invariants(changes, species).find();
  } catch (GivenUp const&) {
    return {};
  }
}

/// As many independent laws as the basis has: the smallest non-negative ones, then of the basis.
std::vector<Row> readable_basis(Changes const& changes, std::vector<Row> basis) {
  if (basis.empty()) return basis;
  auto candidates = invariants(changes, basis);
  sort_by_size(candidates);
  shorten(basis);
  sort_by_size(basis);
  usize const dimension = basis.size();
  candidates.insert(candidates.end(), basis.begin(), basis.end());
  std::vector<Row> laws;
  try {
    Independent independent;
    for (auto const& candidate : candidates)
      if (laws.size() < dimension && independent.take(candidate)) laws.push_back(candidate);
  } catch (GivenUp const&) {
    laws = std::move(basis);
  }
  return laws;
}

i64 narrow(i128 value) {
  auto const result = static_cast<i64>(value);
  if (result != value) throw GivenUp{};
  return result;
}

ConservationLaw law_of(Network const& network, Row const& row) {
  ConservationLaw law;
  i128 total = 0;  // 64-bit coefficients and counts up to 2^53: no sum of species outgrows it
  for (auto const& entry : row) {
    law.coefficients.emplace_back(SpeciesId{entry.column}, narrow(entry.value));
    total += entry.value * network.species[entry.column].initial;
  }
  if (static_cast<i64>(total) == total) law.total = static_cast<i64>(total);
  return law;
}

}  // namespace

Conservation conservation_laws(Network const& network) {
  Conservation result;
  try {
    Changes const changes = changes_of(network);
    auto const laws = readable_basis(changes, plain_basis(changes));
    result.rank = network.species.size() - laws.size();
    for (auto const& law : laws) result.laws.push_back(law_of(network, law));
  } catch (GivenUp const&) {
    return {{}, 0, false};
  }
  std::stable_sort(result.laws.begin(), result.laws.end(),
                   [](auto const& a, auto const& b) { return a.coefficients < b.coefficients; });
  return result;
}

}  // namespace cristae
