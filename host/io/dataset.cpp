// host/io/dataset.cpp - shapes from dimensions.
#include "host/io/dataset.hpp"

#include <fmt/format.h>

#include "host/base/error.hpp"

namespace cristae {

u64 DatasetVariable::size() const {
  u64 size = 1;
  for (u64 const length : data_->shape) size *= length;
  return size;
}

u64 DatasetVariable::chunk_rows() const {
  constexpr u64 values = 4096;
  u64 const rows = data_->shape.at(0);
  u64 const width = std::max<u64>(1, size() / std::max<u64>(1, rows));
  return std::clamp<u64>(values / width, 1, std::max<u64>(1, rows));
}

DatasetVariable Dataset::add_texts(std::string const& name,
                                   std::vector<std::string> const& dimensions,
                                   std::vector<std::string> texts) {
  auto& made = make(name, dimensions);
  made.values = std::move(texts);
  return Variable(made);
}

DataVariable& Dataset::make(std::string const& name, std::vector<std::string> const& dimensions) {
  auto made = std::make_unique<DataVariable>();
  made->name = name;
  made->dimensions = dimensions;
  for (auto const& dimension : dimensions) {
    auto const found = std::find_if(dimensions_.begin(), dimensions_.end(),
                                    [&](auto const& one) { return one.first == dimension; });
    if (found == dimensions_.end())
      throw Error(ExitCode::internal,
                  fmt::format("'{}' has the unknown dimension '{}'", name, dimension));
    made->shape.push_back(found->second);
  }
  variables_.push_back(std::move(made));
  return *variables_.back();
}

}  // namespace cristae
