// python/bindings/bindings.hpp - the parts of the module `cristae._native`.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/io/dataset.hpp"
#include "host/model/network.hpp"

namespace cristae::python {

namespace nb = nanobind;

/// severity, file, line, column, problem, reason, fix, the whole text
using FindingFields = std::tuple<std::string, std::string, u32, u32, std::string, std::string,
                                 std::string, std::string>;
FindingFields fields_of(Diagnostic const& finding);
std::vector<FindingFields> fields_of(std::vector<Diagnostic> const& findings);

/// A network that lives as long as anything that was made from it.
struct NetworkHandle {
  std::shared_ptr<Network const> network;
};

/// A NumPy array of `shape` that owns the values: they are moved, not copied.
template <class T>
nb::object array_of(std::vector<T> values, std::vector<u64> const& shape);

/// {"attributes": {name: value}, "variables": [(name, dimensions, values, attributes)]}; texts are
/// lists, numbers NumPy arrays that take over the memory of the dataset.
nb::dict to_python(Dataset& dataset);

/// Runs `work` on a thread of its own and without the GIL. Meanwhile the calling thread looks for
/// signals, twenty times a second, and calls `progress` (or not, if it is None) with the number of
/// finished trajectories, of events, and seconds since the start. What a signal handler or
/// `progress` raises sets control.stop. Returns whether that was KeyboardInterrupt; raises anything
/// else, after `work` has returned, as it does what `work` throws.
bool run_interruptible(RunControl& control, nb::object const& progress,
                       std::function<void()> const& work);

/// The HDF5 library is for one thread at a time: hold this for reading and writing files. Only
/// without the GIL, which the thread that holds it may be waiting for.
std::mutex& hdf5_mutex();

void bind_errors(nb::module_& module);
void bind_networks(nb::module_& module);
void bind_runs(nb::module_& module);
void bind_results(nb::module_& module);

}  // namespace cristae::python
