// python/bindings/arrays.cpp - vectors become NumPy arrays that own their memory.
#include <nanobind/ndarray.h>

#include <utility>
#include <variant>

#include "python/bindings/bindings.hpp"

namespace cristae::python {
namespace {

nb::object text_list(std::vector<std::string> const& texts) {
  nb::list list;
  for (auto const& text : texts) list.append(nb::str(text.data(), text.size()));
  return list;
}

/// Of an attribute: a text, a NumPy scalar, or an array of several.
nb::object attribute_value(DataValues& values) {
  return std::visit(
      [](auto& list) -> nb::object {
        using T = typename std::decay_t<decltype(list)>::value_type;
        if constexpr (std::is_same_v<T, std::string>) {
          return nb::str(list.at(0).data(), list.at(0).size());
        } else {
          u64 const size = list.size();
          auto array = array_of(std::move(list), {size});
          return size == 1 ? nb::object(array[0]) : array;
        }
      },
      values);
}

nb::dict attributes_of(std::vector<DataAttribute> const& attributes) {
  nb::dict dict;
  for (auto const& [name, values] : attributes) {
    auto copy = values;
    dict[name.c_str()] = attribute_value(copy);
  }
  return dict;
}

}  // namespace

template <class T>
nb::object array_of(std::vector<T> values, std::vector<u64> const& shape) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  T* const data = owned->data();
  nb::capsule const owner(owned.release(), [](void* pointer) noexcept {
    delete static_cast<std::vector<T>*>(pointer);
  });
  std::vector<size_t> const sizes(shape.begin(), shape.end());
  auto array = nb::cast(nb::ndarray<nb::numpy, T>(data, sizes.size(), sizes.data(), owner));
  // The buffer protocol names long long; NumPy has two types of 64 bits, and this is the other one.
  if constexpr (std::is_same_v<T, u64>) return array.attr("view")("uint64");
  if constexpr (std::is_same_v<T, i64>) return array.attr("view")("int64");
  return array;
}
template nb::object array_of(std::vector<u8>, std::vector<u64> const&);
template nb::object array_of(std::vector<u32>, std::vector<u64> const&);
template nb::object array_of(std::vector<i32>, std::vector<u64> const&);
template nb::object array_of(std::vector<u64>, std::vector<u64> const&);
template nb::object array_of(std::vector<i64>, std::vector<u64> const&);
template nb::object array_of(std::vector<double>, std::vector<u64> const&);

nb::dict to_python(Dataset& dataset) {
  nb::list variables;
  for (auto const& variable : dataset.variables()) {
    nb::list dimensions;
    for (auto const& dimension : variable->dimensions) dimensions.append(dimension.c_str());
    nb::object const values = std::visit(
        [&](auto& list) -> nb::object {
          using T = typename std::decay_t<decltype(list)>::value_type;
          if constexpr (std::is_same_v<T, std::string>)
            return text_list(list);
          else
            return array_of(std::move(list), variable->shape);
        },
        variable->values);
    variables.append(nb::make_tuple(variable->name.c_str(), nb::tuple(dimensions), values,
                                    attributes_of(variable->attributes)));
  }
  nb::dict result;
  result["attributes"] = attributes_of(dataset.attributes());
  result["variables"] = variables;
  return result;
}

}  // namespace cristae::python
