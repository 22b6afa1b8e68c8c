// python/bindings/module.cpp - the module `cristae._native`.
#include <string>

#include "host/backends/backends.hpp"
#include "host/run/mean_field_run.hpp"
#include "host/text/progress_text.hpp"
#include "python/bindings/bindings.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

NB_MODULE(_native, module) {
  namespace nb = nanobind;
  using namespace cristae::python;
  module.doc() =
      "The library under the package `cristae`; nothing here is meant to be used directly.";
  module.attr("version") = CRISTAE_VERSION;
  module.def(
      "devices",
      [] {
        std::vector<std::tuple<std::string, std::string, std::string, bool, std::string>> found;
        auto devices = cristae::list_devices();
        devices.push_back(cristae::ode_device());
        for (auto const& device : devices)
          found.emplace_back(device.engine, device.name, device.detail, device.usable,
                             device.reason);
        return found;
      },
      "Engine, device, detail, whether it is usable, and why not.");
  module.def(
      "progress_text",
      [](cristae::u64 done, cristae::u64 total, bool exact, cristae::u64 events, double seconds) {
        return cristae::progress_text(
            done, total, exact ? cristae::Total::exact : cristae::Total::at_most, events, seconds);
      },
      nb::arg("done"), nb::arg("total"), nb::arg("exact"), nb::arg("events"), nb::arg("seconds"),
      "How a run goes, in one line.");
  bind_errors(module);
  bind_networks(module);
  bind_runs(module);
  bind_results(module);
}
