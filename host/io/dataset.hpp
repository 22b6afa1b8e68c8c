// host/io/dataset.hpp - dimensions, variables and attributes in memory, as a result file has them.
//
// It has the members of Hdf5File that writers use, so that the layout of a result is written once
// (result_statistics.cpp, trajectory_rows.cpp) and goes to a file or to memory.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Values of a variable, or of an attribute (one text, or one number or more).
using DataValues =
    std::variant<std::vector<std::string>, std::vector<u8>, std::vector<u32>, std::vector<i32>,
                 std::vector<u64>, std::vector<i64>, std::vector<double>>;

struct DataAttribute {
  std::string name;
  DataValues values;
};

/// A variable with its values; the last index runs fastest.
struct DataVariable {
  std::string name;
  std::vector<std::string> dimensions;
  std::vector<u64> shape;
  DataValues values;
  std::vector<DataAttribute> attributes;
};

/// A handle to a variable of a Dataset, which must outlive it.
class DatasetVariable {
 public:
  /// Rows [begin, end) of the first dimension.
  struct Part {
    u64 begin = 0, end = 0;
  };

  explicit DatasetVariable(DataVariable& data) : data_(&data) {}

  std::vector<u64> const& shape() const { return data_->shape; }
  u64 size() const;
  u64 chunk_rows() const;
  Part rows(u64 begin, u64 end) const { return {begin, end}; }

  void set(std::string const& attribute, std::string const& text) {
    put(attribute, std::vector<std::string>{text});
  }
  void set(std::string const& attribute, char const* text) { set(attribute, std::string(text)); }
  template <class T>
  void set(std::string const& attribute, T value) {
    put(attribute, std::vector<T>{value});
  }
  template <class T>
  void set_numbers(std::string const& attribute, std::span<T const> values) {
    put(attribute, std::vector<T>(values.begin(), values.end()));
  }

  template <class T>
  void write(Part const& part, std::span<T const> values) {
    auto& all = std::get<std::vector<T>>(data_->values);
    u64 const width = data_->shape.empty() ? 1 : all.size() / data_->shape[0];
    std::copy_n(values.begin(), (part.end - part.begin) * width,
                all.begin() + static_cast<std::ptrdiff_t>(part.begin * width));
  }
  template <class T>
  void write(std::vector<T> values) {
    std::get<std::vector<T>>(data_->values) = std::move(values);
  }

 private:
  void put(std::string const& attribute, DataValues values) {
    data_->attributes.push_back({attribute, std::move(values)});
  }

  DataVariable* data_;
};

class Dataset {
 public:
  using Variable = DatasetVariable;

  Dataset() : root_(attributes_) {}
  Dataset(Dataset const&) = delete;
  Dataset& operator=(Dataset const&) = delete;

  /// The attributes of the whole.
  Variable& root() { return root_; }
  std::vector<DataAttribute> const& attributes() const { return attributes_.attributes; }
  /// In the order in which they were added. Coordinates have the name of their only dimension.
  std::vector<std::unique_ptr<DataVariable>> const& variables() const { return variables_; }

  template <class T>
  Variable add_dimension(std::string const& name, u64 size) {
    dimensions_.emplace_back(name, size);
    return add<T>(name, {name});
  }
  template <class T>
  Variable add_dimension(std::string const& name, std::vector<T> values) {
    auto made = add_dimension<T>(name, values.size());
    made.write(std::move(values));
    return made;
  }
  template <class T>
  Variable add(std::string const& name, std::vector<std::string> const& dimensions) {
    auto& made = make(name, dimensions);
    u64 size = 1;
    for (u64 const length : made.shape) size *= length;
    made.values = std::vector<T>(size);
    return Variable(made);
  }
  Variable add_texts(std::string const& name, std::vector<std::string> const& dimensions,
                     std::vector<std::string> texts);

 private:
  DataVariable& make(std::string const& name, std::vector<std::string> const& dimensions);

  DataVariable attributes_;
  Variable root_;
  std::vector<std::pair<std::string, u64>> dimensions_;
  std::vector<std::unique_ptr<DataVariable>> variables_;
};

}  // namespace cristae
