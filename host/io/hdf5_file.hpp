// host/io/hdf5_file.hpp - HDF5 files as netCDF4 sees them: dimensions, variables, attributes.
//
// Dimension scales (HDF5 Dimension Scale Specification), creation order and names as in the
// netCDF-4 file format, so that xarray opens the files with both of its engines. Texts are UTF-8,
// those of variables of variable length; numbers are in chunks, shuffled, deflated and with
// checksums. Every failure is an Error(input_output) that names the file and the system's reason.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/io/hdf5_heap.hpp"

namespace cristae {

/// hid_t.
using Hdf5Id = std::int64_t;

/// An identifier of the HDF5 library, closed by its owner.
class Hdf5Handle {
 public:
  using Close = int (*)(Hdf5Id);

  Hdf5Handle() = default;
  Hdf5Handle(Hdf5Id id, Close close) : id_(id), close_(close) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Handle() { close(); }

  Hdf5Id id() const { return id_; }
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  Hdf5Id id_ = -1;
  Close close_ = nullptr;
};

class Hdf5File;

/// A variable (or the root group, for attributes only) of a file that is being written or read; the
/// file must outlive it. Numbers T are u8, u32, i32, u64, i64 and double.
class Hdf5Variable {
 public:
  Hdf5Variable(Hdf5File const& file, Hdf5Handle handle, std::string name, std::vector<u64> shape);

  std::string const& name() const { return name_; }
  std::vector<u64> const& shape() const { return shape_; }
  u64 size() const;
  /// How many of the first dimension are best written at once.
  u64 chunk_rows() const;

  void set(std::string const& attribute, std::string const& text);
  void set(std::string const& attribute, char const* text) { set(attribute, std::string(text)); }
  template <class T>
  void set(std::string const& attribute, T value) {
    set_numbers(attribute, std::span<T const>(&value, 1));
  }
  template <class T>
  void set_numbers(std::string const& attribute, std::span<T const> values);

  bool has(std::string const& attribute) const;
  std::string text(std::string const& attribute) const;
  template <class T>
  T number(std::string const& attribute) const;

  /// A part of the variable, one range per dimension; the last index runs fastest.
  struct Part {
    std::vector<u64> begin, count;
  };
  Part whole() const;
  /// Rows [begin, end) of the first dimension.
  Part rows(u64 begin, u64 end) const;

  template <class T>
  void write(Part const& part, std::span<T const> values);
  template <class T>
  std::vector<T> read(Part const& part) const;
  template <class T>
  void write(std::vector<T> const& values) {
    write(whole(), std::span<T const>(values));
  }
  template <class T>
  std::vector<T> read() const {
    return read<T>(whole());
  }

  /// All texts, guarded by a checksum in an attribute of this variable.
  void write_texts(std::vector<std::string> const& texts);
  std::vector<std::string> read_texts() const;

 private:
  friend class Hdf5File;

  void put(std::string const& attribute, Hdf5Id type, u64 count, void const* values);
  void transfer(Part const& part, Hdf5Id type, void* into, void const* from) const;
  Hdf5Handle attribute(std::string const& name) const;

  Hdf5File const* file_;
  Hdf5Handle handle_;
  std::string name_;
  std::vector<u64> shape_;
};

class Hdf5File {
 public:
  using Variable = Hdf5Variable;

  enum class Mode : u8 { create, read };

  /// Opens `file`; messages call it `name`. Reading: a file that is no regular file is refused.
  Hdf5File(Mode mode, std::string const& file, std::string name);
  /// Without close(), what was written is worth nothing.
  ~Hdf5File();
  Hdf5File(Hdf5File const&) = delete;
  Hdf5File& operator=(Hdf5File const&) = delete;

  /// The attributes of the file.
  Hdf5Variable& root() { return root_; }
  Hdf5Variable const& root() const { return root_; }

  /// A new dimension with its coordinate variable, which is still to be written; no dimension may
  /// be empty.
  template <class T>
  Hdf5Variable add_dimension(std::string const& name, u64 size);
  template <class T>
  Hdf5Variable add_dimension(std::string const& name, std::vector<T> const& values) {
    auto made = add_dimension<T>(name, values.size());
    made.write(values);
    return made;
  }
  Hdf5Variable add_dimension(std::string const& name, std::vector<std::string> const& labels);
  /// A new variable over dimensions that were added.
  template <class T>
  Hdf5Variable add(std::string const& name, std::vector<std::string> const& dimensions) const;
  Hdf5Variable add_texts(std::string const& name, std::vector<std::string> const& dimensions,
                         std::vector<std::string> const& texts) const;

  /// Bytes for Cristae alone, in a group of their own that programs which read the root do not see.
  void add_bytes(std::string const& group, std::string const& name, std::string_view bytes);
  bool has_bytes(std::string const& group, std::string const& name) const;
  std::string read_bytes(std::string const& group, std::string const& name) const;

  bool has(std::string const& variable) const;
  Hdf5Variable variable(std::string const& name) const;
  /// Throws unless the variable has that shape: a damaged or foreign file.
  Hdf5Variable variable(std::string const& name, std::vector<u64> const& shape) const;

  void close();

  /// Throws for the failure the library met last; `what` was tried.
  [[noreturn]] void fail(std::string const& what) const;
  [[noreturn]] void damaged(std::string const& reason) const;

 private:
  friend class Hdf5Variable;

  Hdf5Heaps heaps() const;
  Hdf5Variable add_data(std::string const& name, Hdf5Id type, std::vector<u64> const& shape) const;
  Hdf5Variable add_over(std::string const& name, Hdf5Id type,
                        std::vector<std::string> const& dimensions) const;
  Hdf5Variable make_dimension(std::string const& name, Hdf5Id type, u64 size);

  Mode mode_;
  std::string name_;
  Hdf5Handle file_;
  Hdf5Variable root_;
  /// Scales stay open: every variable refers to some.
  std::map<std::string, std::pair<Hdf5Handle, u64>> dimensions_;
};

}  // namespace cristae
