// host/io/stacked_sets.cpp - variable by variable.
#include "host/io/stacked_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "host/base/error.hpp"
#include "host/io/hdf5_file.hpp"

namespace cristae {
namespace {

bool is_coordinate(DataVariable const& variable) {
  return variable.dimensions.size() == 1 && variable.dimensions[0] == variable.name;
}

template <class File>
class Stacker {
 public:
  Stacker(File& file, std::vector<Dataset const*> const& sets) : file_(file), sets_(sets) {}

  void write() {
    auto const& first = sets_.front()->variables();
    for (usize v = 0; v < first.size(); ++v) {
      if (first[v]->name == "network_species") continue;  // of write_run
      parts_.clear();
      for (auto const& set : sets_) {
        bool const fits = v < set->variables().size() &&
                          set->variables()[v]->name == first[v]->name &&
                          set->variables()[v]->dimensions == first[v]->dimensions;
        if (!fits)
          throw Error(ExitCode::internal,
                      fmt::format("the sets of a sweep differ at variable '{}'", first[v]->name));
        parts_.push_back(set->variables()[v].get());
      }
      std::visit([&](auto const& values) { write_variable(values); }, first[v]->values);
    }
  }

 private:
  File& file_;
  std::vector<Dataset const*> const& sets_;
  std::vector<DataVariable const*> parts_;  ///< the same variable of all sets

  DataVariable const& first() const { return *parts_.front(); }
  bool are_equal() const {
    return std::all_of(parts_.begin(), parts_.end(),
                       [&](auto const* part) { return part->values == first().values; });
  }

  template <class T>
  void write_variable(std::vector<T> const& values) {
    constexpr bool is_text = std::is_same_v<T, std::string>;
    if (is_coordinate(first())) {
      auto const longest =
          std::max_element(parts_.begin(), parts_.end(),
                           [](auto const* a, auto const* b) { return a->shape[0] < b->shape[0]; });
      if (first().name != "bin" && !are_equal())
        throw Error(ExitCode::internal,
                    fmt::format("the sets of a sweep have other values of '{}'", first().name));
      auto made = file_.add_dimension(first().name, std::get<std::vector<T>>((*longest)->values));
      copy_attributes(made);
    } else if (is_text && are_equal()) {
      if constexpr (is_text) {
        auto made = file_.add_texts(first().name, first().dimensions, values);
        copy_attributes(made);
      }
    } else {
      stack<T>();
    }
  }

  template <class T>
  void stack() {
    auto dimensions = first().dimensions;
    dimensions.insert(dimensions.begin(), "parameter_set");
    std::vector<T> all;
    u64 bins = 0;
    bool const has_bins = dimensions.back() == "bin";
    if (has_bins)
      for (auto const* part : parts_) bins = std::max(bins, part->shape.back());
    for (auto const* part : parts_) {
      auto const& values = std::get<std::vector<T>>(part->values);
      if (!has_bins) {
        all.insert(all.end(), values.begin(), values.end());
        continue;
      }
      u64 const own = part->shape.back();
      for (u64 row = 0; row < values.size() / own; ++row) {
        auto const begin = values.begin() + static_cast<std::ptrdiff_t>(row * own);
        all.insert(all.end(), begin, begin + static_cast<std::ptrdiff_t>(own));
        all.resize(all.size() + (bins - own));
      }
    }
    if constexpr (std::is_same_v<T, std::string>) {
      auto made = file_.add_texts(first().name, dimensions, all);
      copy_attributes(made);
    } else {
      auto made = file_.template add<T>(first().name, dimensions);
      copy_attributes(made);
      made.write(std::move(all));
    }
  }

  template <class Variable>
  void copy_attributes(Variable& to) const {
    for (auto const& attribute : first().attributes)
      std::visit(
          [&]<class T>(std::vector<T> const& values) {
            if constexpr (std::is_same_v<T, std::string>)
              to.set(attribute.name, values.front());
            else
              to.set_numbers(attribute.name, std::span<T const>(values));
          },
          attribute.values);
  }
};

}  // namespace

template <class File>
void write_stacked(File& file, std::vector<Dataset const*> const& sets) {
  Stacker(file, sets).write();
}

template void write_stacked(Hdf5File&, std::vector<Dataset const*> const&);
template void write_stacked(Dataset&, std::vector<Dataset const*> const&);

}  // namespace cristae
