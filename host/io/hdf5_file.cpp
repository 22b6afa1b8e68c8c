// host/io/hdf5_file.cpp - handles, errors and transfers over the C interface of HDF5.
#include "host/io/hdf5_file.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "host/base/error.hpp"
#include "host/base/large_array.hpp"
#include "host/io/checksum.hpp"
#include "host/io/json_writer.hpp"

namespace cristae {
namespace {

static_assert(std::is_same_v<hid_t, Hdf5Id>);

constexpr u64 chunk_elements = 65536;
constexpr unsigned creation_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

template <class T>
hid_t type_of() {
  if constexpr (std::is_same_v<T, u8>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, u32>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, i32>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, u64>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, i64>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

/// The library must neither print nor, after a failed write, try again when the program ends.
void be_quiet() {
  static bool const once = H5dont_atexit() >= 0 && H5open() >= 0;
  static_cast<void>(once);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // of this thread
}

/// HDF5 1.10 crashes where it gets no memory for some of its small things, and its hash table calls
/// exit(-1). So some must be free before it is asked for anything: more than it takes for a variable.
/// Throws std::bad_alloc.
void require_room() { LargeMemory const room(usize{8} << 20); }

/// What went wrong in the innermost function, and the system's error if one is named.
struct Failure {
  std::string text;
  int system = 0;
};

herr_t look_at(unsigned, H5E_error2_t const* error, void* data) {
  auto& failure = *static_cast<Failure*>(data);
  if (error->desc == nullptr) return 0;
  if (failure.text.empty()) failure.text = error->desc;
  if (auto const* at = std::strstr(error->desc, "errno = "); at != nullptr && failure.system == 0)
    failure.system = std::atoi(at + std::strlen("errno = "));
  return 0;
}

Failure last_failure() {
  Failure failure;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look_at, &failure);
  return failure;
}

/// Of variables: netCDF takes texts of any length only in this form.
Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

/// Of attributes: inside of the object header, whose checksum guards it. h5netcdf takes a single
/// byte for something else than a text, so there are never fewer than two.
Hdf5Handle text_type(usize bytes) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), std::max<usize>(bytes, 2));
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

/// File names may hold any bytes; HDF5 and netCDF want UTF-8.
std::string utf8(std::string const& text) {
  using Json = nlohmann::json;
  auto const quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

u64 checksum_of(std::vector<std::string> const& texts) {
  u64 sum = 0;
  for (auto const& text : texts) sum = checksum(text, sum);
  return sum;
}

Hdf5Handle space_of(std::vector<u64> const& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  std::vector<hsize_t> const sizes(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

std::vector<u64> shape_of(hid_t dataset) {
  Hdf5Handle const space(H5Dget_space(dataset), H5Sclose);
  int const rank = H5Sget_simple_extent_ndims(space.id());
  if (rank <= 0) return {};
  std::vector<hsize_t> sizes(static_cast<usize>(rank));
  H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
}

/// Whole rows of the last dimensions, as many as fit.
std::vector<hsize_t> chunk_of(std::vector<u64> const& shape) {
  std::vector<hsize_t> chunk(shape.size());
  u64 left = chunk_elements;
  for (usize d = shape.size(); d-- > 0;) {
    chunk[d] = std::clamp<u64>(left, 1, shape[d]);
    left /= chunk[d];
  }
  return chunk;
}

u64 product(std::vector<u64> const& sizes) {
  u64 all = 1;
  for (u64 const size : sizes) all *= size;
  return all;
}

}  // namespace

Hdf5Variable::Hdf5Variable(Hdf5File const& file, Hdf5Handle handle, std::string name,
                           std::vector<u64> shape)
    : file_(&file), handle_(std::move(handle)), name_(std::move(name)), shape_(std::move(shape)) {}

u64 Hdf5Variable::size() const { return product(shape_); }
u64 Hdf5Variable::chunk_rows() const { return chunk_of(shape_).at(0); }

void Hdf5Variable::set(std::string const& attribute, std::string const& text) {
  auto bytes = utf8(text);
  bytes.resize(std::max<usize>(bytes.size(), 2));
  put(attribute, text_type(bytes.size()).id(), 1, bytes.data());
}

void Hdf5Variable::put(std::string const& attribute, Hdf5Id type, u64 count, void const* values) {
  auto const space = count == 1 ? space_of({}) : space_of({count});
  Hdf5Handle made(
      H5Acreate2(handle_.id(), attribute.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  if (made.id() < 0 || H5Awrite(made.id(), type, values) < 0 || !made.close())
    file_->fail(attribute);
}

template <class T>
void Hdf5Variable::set_numbers(std::string const& attribute, std::span<T const> values) {
  put(attribute, type_of<T>(), values.size(), values.data());
}

bool Hdf5Variable::has(std::string const& attribute) const {
  auto const found = H5Aexists(handle_.id(), attribute.c_str());
  if (found < 0) file_->fail(attribute);
  return found > 0;
}

/// A scalar attribute, opened.
Hdf5Handle Hdf5Variable::attribute(std::string const& name) const {
  if (!has(name)) file_->damaged(fmt::format("it has no attribute '{}'", name));
  Hdf5Handle found(H5Aopen(handle_.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (found.id() < 0) file_->fail(name);
  Hdf5Handle const space(H5Aget_space(found.id()), H5Sclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1)
    file_->damaged(fmt::format("its attribute '{}' is no single value", name));
  return found;
}

std::string Hdf5Variable::text(std::string const& name) const {
  auto const found = attribute(name);
  Hdf5Handle const stored(H5Aget_type(found.id()), H5Tclose);
  if (H5Tget_class(stored.id()) != H5T_STRING || H5Tis_variable_str(stored.id()) != 0)
    file_->damaged(fmt::format("its attribute '{}' is no text", name));
  std::string text(H5Tget_size(stored.id()), '\0');
  if (H5Aread(found.id(), stored.id(), text.data()) < 0) file_->fail(name);
  return text.c_str();
}

template <class T>
T Hdf5Variable::number(std::string const& name) const {
  auto const found = attribute(name);
  T value{};
  if (H5Aread(found.id(), type_of<T>(), &value) < 0) file_->fail(name);
  return value;
}

Hdf5Variable::Part Hdf5Variable::whole() const {
  return {std::vector<u64>(shape_.size(), 0), shape_};
}

Hdf5Variable::Part Hdf5Variable::rows(u64 begin, u64 end) const {
  auto part = whole();
  part.begin.at(0) = begin;
  part.count.at(0) = end - begin;
  return part;
}

/// Reads where `into` is given, else writes.
void Hdf5Variable::transfer(Part const& part, Hdf5Id type, void* into, void const* from) const {
  if (product(part.count) == 0) return;
  require_room();
  auto const memory = space_of(part.count);
  Hdf5Handle const space(H5Dget_space(handle_.id()), H5Sclose);
  bool done = space.id() >= 0 && memory.id() >= 0;
  if (done && !shape_.empty()) {
    std::vector<hsize_t> const begin(part.begin.begin(), part.begin.end());
    std::vector<hsize_t> const count(part.count.begin(), part.count.end());
    done = H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, begin.data(), nullptr, count.data(),
                               nullptr) >= 0;
  }
  done =
      done && (into != nullptr
                   ? H5Dread(handle_.id(), type, memory.id(), space.id(), H5P_DEFAULT, into)
                   : H5Dwrite(handle_.id(), type, memory.id(), space.id(), H5P_DEFAULT, from)) >= 0;
  if (!done) file_->fail(name_);
}

template <class T>
void Hdf5Variable::write(Part const& part, std::span<T const> values) {
  if (product(part.count) != values.size())
    throw Error(ExitCode::internal, fmt::format("variable '{}': {} values for {} places", name_,
                                                values.size(), product(part.count)));
  transfer(part, type_of<T>(), nullptr, values.data());
}

template <class T>
std::vector<T> Hdf5Variable::read(Part const& part) const {
  std::vector<T> values(product(part.count));
  transfer(part, type_of<T>(), values.data(), nullptr);
  return values;
}

void Hdf5Variable::write_texts(std::vector<std::string> const& texts) {
  std::vector<std::string> valid;
  std::vector<char const*> bytes;
  for (auto const& text : texts) valid.push_back(utf8(text));
  for (auto const& text : valid) bytes.push_back(text.c_str());
  transfer(whole(), text_type().id(), nullptr, bytes.data());
  set("checksum", hash_text(checksum_of(valid)));
}

std::vector<std::string> Hdf5Variable::read_texts() const {
  Hdf5Handle const stored(H5Dget_type(handle_.id()), H5Tclose);
  if (H5Tis_variable_str(stored.id()) <= 0)
    file_->damaged(fmt::format("'{}' holds no texts", name_));
  if (!file_->heaps().are_sound(H5Dget_offset(handle_.id()), size()))
    file_->damaged(fmt::format("the texts of '{}' are not where they should be", name_));
  std::vector<char*> bytes(size(), nullptr);
  auto const type = text_type();
  transfer(whole(), type.id(), bytes.data(), nullptr);
  std::vector<std::string> texts;
  for (char* const text : bytes) {
    texts.emplace_back(text != nullptr ? text : "");
    H5free_memory(text);
  }
  if (text("checksum") != hash_text(checksum_of(texts)))
    file_->damaged(fmt::format("the checksum of '{}' does not match", name_));
  return texts;
}

Hdf5File::Hdf5File(Mode mode, std::string const& file, std::string name)
    : mode_(mode), name_(std::move(name)), root_(*this, {}, "/", {}) {
  require_room();
  be_quiet();
  std::error_code error;
  if (mode == Mode::read && std::filesystem::exists(file, error) &&
      !std::filesystem::is_regular_file(file, error))
    throw Error(ExitCode::input_output, fmt::format("'{}' cannot be read", name_),
                "it is no regular file");
  Hdf5Handle const access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
  // Nobody writes to a result file; locks only fail, on file systems that have none.
  H5Pset_file_locking(access.id(), false, true);
  // The first format in which object headers and indexes of chunks have checksums.
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  if (mode == Mode::create) {
    Hdf5Handle const creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_link_creation_order(creation.id(), creation_order);
    H5Pset_attr_creation_order(creation.id(), creation_order);
    H5Pset_obj_track_times(creation.id(), false);
    file_ = {H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose};
  } else {
    if (H5Fis_hdf5(file.c_str()) == 0)
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be read", name_),
                  "it is no HDF5 file");
    file_ = {H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose};
  }
  if (file_.id() < 0) fail("");
  root_.handle_ = {H5Gopen2(file_.id(), "/", H5P_DEFAULT), H5Gclose};
  if (root_.handle_.id() < 0) fail("");
}

Hdf5File::~Hdf5File() { be_quiet(); }

void Hdf5File::fail(std::string const& what) const {
  auto failure = last_failure();
  // Functions that tidy up forget the reason; what could not be written still cannot.
  if (failure.system == 0 && mode_ == Mode::create && file_.id() >= 0 &&
      H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) < 0)
    failure = last_failure();
  auto const problem =
      fmt::format("'{}' cannot be {}", name_, mode_ == Mode::read ? "read" : "written");
  if (failure.system != 0)
    throw Error(ExitCode::input_output, problem, std::strerror(failure.system));
  auto const reason = failure.text.empty() ? "HDF5 gives no reason" : "HDF5: " + failure.text;
  throw Error(ExitCode::input_output, problem,
              what.empty() ? reason : fmt::format("'{}': {}", what, reason));
}

void Hdf5File::damaged(std::string const& reason) const {
  throw Error(ExitCode::input_output, fmt::format("'{}' is damaged", name_), reason,
              "Restore it from a copy, or run again");
}

void Hdf5File::close() {
  require_room();
  if (H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) < 0) fail("");
  dimensions_.clear();
  if (!root_.handle_.close() || !file_.close()) fail("");
}

Hdf5Heaps Hdf5File::heaps() const {
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file_.id(), H5P_DEFAULT, &descriptor) < 0) fail("");
  return Hdf5Heaps(*static_cast<int const*>(descriptor));
}

bool Hdf5File::has(std::string const& variable) const {
  auto const found = H5Lexists(file_.id(), variable.c_str(), H5P_DEFAULT);
  if (found < 0) fail(variable);
  return found > 0;
}

Hdf5Variable Hdf5File::variable(std::string const& name) const {
  if (!has(name)) damaged(fmt::format("it has no '{}'", name));
  Hdf5Handle handle(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (handle.id() < 0) fail(name);
  auto shape = shape_of(handle.id());
  return {*this, std::move(handle), name, std::move(shape)};
}

Hdf5Variable Hdf5File::variable(std::string const& name, std::vector<u64> const& shape) const {
  auto found = variable(name);
  if (found.shape() != shape)
    damaged(fmt::format("'{}' is {}, not {}", name, fmt::join(found.shape(), " x "),
                        fmt::join(shape, " x ")));
  return found;
}

Hdf5Variable Hdf5File::add_data(std::string const& name, Hdf5Id type,
                                std::vector<u64> const& shape) const {
  require_room();
  Hdf5Handle const creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_attr_creation_order(creation.id(), creation_order);
  H5Pset_obj_track_times(creation.id(), false);
  if (!shape.empty() && H5Tget_class(type) != H5T_STRING) {
    H5Pset_chunk(creation.id(), static_cast<int>(shape.size()), chunk_of(shape).data());
    H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);
    H5Pset_shuffle(creation.id());
    H5Pset_deflate(creation.id(), 1);
    H5Pset_fletcher32(creation.id());
  }
  auto const space = space_of(shape);
  Hdf5Handle handle(H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT,
                               creation.id(), H5P_DEFAULT),
                    H5Dclose);
  if (handle.id() < 0) fail(name);
  return {*this, std::move(handle), name, shape};
}

Hdf5Variable Hdf5File::add_over(std::string const& name, Hdf5Id type,
                                std::vector<std::string> const& dimensions) const {
  std::vector<u64> shape;
  for (auto const& dimension : dimensions) shape.push_back(dimensions_.at(dimension).second);
  auto made = add_data(name, type, shape);
  for (usize d = 0; d < dimensions.size(); ++d)
    if (H5DSattach_scale(made.handle_.id(), dimensions_.at(dimensions[d]).first.id(),
                         static_cast<unsigned>(d)) < 0)
      fail(name);
  return made;
}

Hdf5Variable Hdf5File::make_dimension(std::string const& name, Hdf5Id type, u64 size) {
  auto made = add_data(name, type, {size});
  if (H5DSset_scale(made.handle_.id(), name.c_str()) < 0) fail(name);
  Hdf5Handle scale(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (scale.id() < 0) fail(name);
  dimensions_[name] = {std::move(scale), size};
  return made;
}

template <class T>
Hdf5Variable Hdf5File::add_dimension(std::string const& name, u64 size) {
  return make_dimension(name, type_of<T>(), size);
}

Hdf5Variable Hdf5File::add_dimension(std::string const& name,
                                     std::vector<std::string> const& labels) {
  auto made = make_dimension(name, text_type().id(), labels.size());
  made.write_texts(labels);
  return made;
}

template <class T>
Hdf5Variable Hdf5File::add(std::string const& name,
                           std::vector<std::string> const& dimensions) const {
  return add_over(name, type_of<T>(), dimensions);
}

Hdf5Variable Hdf5File::add_texts(std::string const& name,
                                 std::vector<std::string> const& dimensions,
                                 std::vector<std::string> const& texts) const {
  auto made = add_over(name, text_type().id(), dimensions);
  made.write_texts(texts);
  return made;
}

/// As words, whose bytes compress well when they are shuffled, that are a dimension scale: netCDF
/// wants one of every array.
void Hdf5File::add_bytes(std::string const& group, std::string const& name,
                         std::string_view bytes) {
  Hdf5Handle const creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_link_creation_order(creation.id(), creation_order);
  H5Pset_attr_creation_order(creation.id(), creation_order);
  H5Pset_obj_track_times(creation.id(), false);
  Hdf5Handle made(H5Gcreate2(file_.id(), group.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                  H5Gclose);
  if (made.id() < 0 || !made.close()) fail(group);
  std::vector<u64> words((bytes.size() + sizeof(u64) - 1) / sizeof(u64));
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  auto variable = add_data(group + "/" + name, type_of<u64>(), {words.size()});
  if (H5DSset_scale(variable.handle_.id(), name.c_str()) < 0) fail(name);
  variable.set("bytes", u64{bytes.size()});
  variable.write(words);
}

bool Hdf5File::has_bytes(std::string const& group, std::string const& name) const {
  return has(group) && has(group + "/" + name);
}

std::string Hdf5File::read_bytes(std::string const& group, std::string const& name) const {
  auto const stored = variable(group + "/" + name);
  auto const size = stored.number<u64>("bytes");
  auto const words = stored.read<u64>();
  if (size > words.size() * sizeof(u64)) damaged(fmt::format("'{}' is too short", name));
  std::string bytes(size, '\0');
  if (size > 0) std::memcpy(bytes.data(), words.data(), size);
  return bytes;
}

#define CRISTAE_HDF5_NUMBER(T)                                                     \
  template void Hdf5Variable::set_numbers(std::string const&, std::span<T const>); \
  template T Hdf5Variable::number<T>(std::string const&) const;                    \
  template void Hdf5Variable::write(Part const&, std::span<T const>);              \
  template std::vector<T> Hdf5Variable::read<T>(Part const&) const;                \
  template Hdf5Variable Hdf5File::add_dimension<T>(std::string const&, u64);       \
  template Hdf5Variable Hdf5File::add<T>(std::string const&, std::vector<std::string> const&) const;
CRISTAE_HDF5_NUMBER(u8)
CRISTAE_HDF5_NUMBER(u32)
CRISTAE_HDF5_NUMBER(i32)
CRISTAE_HDF5_NUMBER(u64)
CRISTAE_HDF5_NUMBER(i64)
CRISTAE_HDF5_NUMBER(double)
#undef CRISTAE_HDF5_NUMBER

}  // namespace cristae
