// python/bindings/networks.cpp - networks: read, listed, described.
#include <fmt/format.h>

#include <utility>

#include "host/backends/backends.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/model/law_parser.hpp"
#include "host/run/asked.hpp"
#include "host/run/estimate.hpp"
#include "host/stats/column.hpp"
#include "host/text/network_text.hpp"
#include "python/bindings/bindings.hpp"
#include "python/bindings/requests.hpp"

namespace cristae::python {
namespace {

NetworkHandle hold(Network network) {
  return {std::make_shared<Network const>(std::move(network))};
}

nb::dict annotation(Annotation const& one) {
  nb::dict fields;
  fields["id"] = one.id;
  fields["label"] = one.label;
  fields["unit"] = one.unit;
  fields["grade"] = one.grade;
  fields["source"] = one.source;
  fields["note"] = one.note;
  return fields;
}

template <class List, class Add>
nb::list described(List const& list, Add add) {
  nb::list all;
  for (auto const& one : list) {
    auto fields = annotation(one);
    add(one, fields);
    all.append(fields);
  }
  return all;
}

nb::dict description(Network const& network) {
  nb::dict all;
  all["name"] = network.name;
  all["title"] = network.title;
  all["description"] = network.description;
  all["time_unit"] = network.time_unit;
  all["file"] = network.file;
  all["text"] = network.text;
  all["t_end"] = network.run.t_end;
  all["sample_every"] = network.run.sample_every;
  all["species"] = described(network.species, [](Species const& one, nb::dict& fields) {
    fields["initial"] = one.initial;
    fields["compartment"] = one.compartment;
  });
  all["parameters"] = described(network.parameters, [](Parameter const& one, nb::dict& fields) {
    fields["value"] = one.value;
    fields["bounds"] = nb::make_tuple(one.lower, one.upper);
  });
  all["rules"] = described(network.rules, [&](Rule const& one, nb::dict& fields) {
    fields["expression"] = law_text(network, one.expression);
  });
  all["reactions"] = described(network.reactions, [&](Reaction const& one, nb::dict& fields) {
    fields["equation"] = one.equation;
    fields["kind"] = one.rate_kind == RateKind::mass_action ? "mass_action" : "rate";
    fields["law"] = law_text(network, one.rate);
  });
  all["observables"] = described(network.observables, [&](Observable const& one, nb::dict& fields) {
    fields["expression"] = law_text(network, one.expression);
  });
  all["events"] = described(network.events, [&](Event const& one, nb::dict& fields) {
    fields["trigger"] = law_text(network, one.trigger);
    fields["delay"] = one.delay ? law_text(network, *one.delay) : "";
    fields["priority"] = one.priority ? law_text(network, *one.priority) : "";
    fields["persistent"] = one.persistent;
    fields["initial_value"] = one.initial_value;
    fields["values_from_trigger_time"] = one.values_from_trigger_time;
    nb::dict set;
    for (auto const& assignment : one.assignments) {
      auto const* species = std::get_if<SpeciesId>(&assignment.target);
      auto const& id = species != nullptr
                           ? network.species[u32(*species)].id
                           : network.parameters[u32(std::get<ParameterId>(assignment.target))].id;
      set[id.c_str()] = law_text(network, assignment.value);
    }
    fields["set"] = set;
  });
  all["conditions"] = described(network.conditions, [](Condition const&, nb::dict&) {});
  all["varied"] = described(network.variations, [](Variation const&, nb::dict&) {});
  return all;
}

std::string inspection(NetworkHandle const& handle, nb::dict const& request, u64 trajectories,
                       bool estimate) {
  auto const asked_for = experiment_request(request);
  nb::gil_scoped_release const released;
  auto const asked = ask(*handle.network, asked_for);
  Network const& network = asked.network;
  auto const cost = cost_text(network, asked.request, trajectories,
                              estimate ? Estimate::shown : Estimate::left_out);
  return inspect_text(network) + numerics_text(network) + cost;
}

std::string code_of(NetworkHandle const& handle, nb::dict const& request) {
  AskedExperiment const made(*handle.network, with_cell_seed(experiment_request(request), 1));
  Network const& network = made.asked.network;
  Experiment const& experiment = made.experiment;
  RunPlan plan;
  plan.experiment = &experiment;
  plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
  return generated_code(plan);
}

}  // namespace

void bind_networks(nb::module_& module) {
  nb::class_<NetworkHandle>(module, "Network")
      .def(
          "describe", [](NetworkHandle const& self) { return description(*self.network); },
          nb::sig("def describe(self) -> dict[str, typing.Any]"),
          "Everything that was read, as plain values.")
      .def(
          "notes", [](NetworkHandle const& self) { return fields_of(self.network->notes); },
          "Warnings and notes of reading.")
      .def(
          "with_twins",
          [](NetworkHandle const& self, std::vector<std::string> twin) {
            ExperimentRequest request;
            request.twin = std::move(twin);
            return hold(ask(*self.network, request).network);
          },
          nb::arg("twin"), "With a twin of these species.")
      .def(
          "require_units", [](NetworkHandle const& self) { require_units(*self.network); },
          "Raises NetworkError where laws contradict their units.")
      .def("inspection", &inspection, nb::arg("request"), nb::arg("trajectories"),
           nb::arg("estimate"),
           nb::sig("def inspection(self, request: dict[str, typing.Any], trajectories: int, "
                   "estimate: bool) -> str"),
           "How it was read, in words.")
      .def("code", &code_of, nb::arg("request"),
           nb::sig("def code(self, request: dict[str, typing.Any]) -> str"),
           "The code that is generated for its laws.");
  module.def(
      "read_file", [](std::string const& path) { return hold(read_network_file(path)); },
      nb::arg("path"), "Reads a network file.");
  module.def(
      "read_text",
      [](std::string const& text, std::string const& file) {
        bool const has_folder = !file.starts_with('<');
        return hold(
            read_network(text, file, has_folder ? SignalFiles::read : SignalFiles::refused));
      },
      nb::arg("text"), nb::arg("file"), "Reads a text; `file` names it in messages.");
  module.def(
      "read_recorded",
      [](std::string const& text, std::vector<std::string> twin) {
        ExperimentRequest request;
        request.twin = std::move(twin);
        return hold(
            ask(read_network_text(text, "<result>", SignalFiles::left_out), request).network);
      },
      nb::arg("text"), nb::arg("twin"), "The network of a result: its text, and its twins.");
  module.def(
      "bundled",
      [](std::vector<std::string> folders) {
        std::vector<std::pair<std::string, std::string>> found;
        for (auto const& network : NetworkLibrary(std::move(folders)).list())
          found.emplace_back(network.name, network.path);
        return found;
      },
      nb::arg("folders"), "Name and path of every network in the folders.");
  module.def(
      "find",
      [](std::string const& name, std::vector<std::string> folders) {
        return NetworkLibrary(std::move(folders)).find(name);
      },
      nb::arg("name"), nb::arg("folders"), "The path of a network.");
}

}  // namespace cristae::python
