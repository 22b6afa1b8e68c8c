// host/bundled/bundle.cpp - build-time tool: the kernels of a bundled network as one source file.
//
//   cristae_bundle NAME NETWORK.toml ISA OUTPUT.cpp
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "host/cpu/generated_kernel.hpp"
#include "host/io/network_file.hpp"
#include "host/io/output_file.hpp"
#include "host/jit/text_key.hpp"
#include "host/stats/column.hpp"

namespace cristae {
namespace {

/// The distinct texts of a network: under all conditions, with and without counted reactions.
std::vector<cpu::NetworkText> texts_of(Network const& network) {
  LawGraph const graph = build_law_graph(network);
  std::vector<std::string> conditions{""};
  for (auto const& condition : network.conditions) conditions.push_back(condition.id);
  std::vector<cpu::NetworkText> texts;
  for (auto const& condition : conditions) {
    ExperimentRequest request;
    request.condition = condition;
    Experiment const experiment = resolve(network, request);
    for (auto const& counted :
         {counted_reactions(network, choose_columns(network, {})), std::vector<ReactionId>{}}) {
      RunPlan plan;
      plan.experiment = &experiment;
      plan.counted_reactions = counted;
      cpu::NetworkText text(graph, plan);
      bool is_known = false;
      for (auto const& known : texts) is_known = is_known || known.text() == text.text();
      if (!is_known) texts.push_back(std::move(text));
    }
  }
  return texts;
}

std::string source_of(std::string const& name, Network const& network, std::string const& isa) {
  std::string source =
      "// Written by cristae_bundle.\n#include <span>\n#include <type_traits>\n"
      "#include \"host/cpu/generated_kernel.hpp\"\n";
  std::string table;
  usize scope = 0;
  for (auto const& text : texts_of(network)) {
    auto const space = fmt::format("cristae_{}_{}_{}", name, isa, scope++);
    source += cpu::block_source(text, isa, space);
    std::string one = "nullptr";
    if (!text.one.empty()) {
      // One instruction set's serves all.
      auto const shared = fmt::format("cristae_{}_avx2_{}", name, scope - 1);
      if (isa == "avx2")
        source += cpu::one_lane_source(text, isa, space);
      else
        source += fmt::format(
            "namespace {} {{\nextern std::remove_pointer_t<cristae::cpu::RunOne> "
            "run_one;\n}}\n",
            shared);
      one = "&" + shared + "::run_one";
    }
    auto const key = key_of(text.text()).words();
    table += fmt::format("    {{\"{0}\", {{{1:#x}u, {2:#x}u}}, {3}, &{4}::run_block, {5}}},\n", isa,
                         key[0], key[1], cpu::generated_lanes(text.reactions, isa), space, one);
  }
  return source + fmt::format(
                      "namespace cristae::cpu {{\n"
                      "std::span<BundledKernel const> bundled_{}_{}() {{\n"
                      "  static BundledKernel const kernels[] = {{\n{}  }};\n"
                      "  return kernels;\n}}\n}}  // namespace cristae::cpu\n",
                      name, isa, table);
}

}  // namespace
}  // namespace cristae

int main(int count, char** arguments) {
  if (count != 5) {
    std::fputs("usage: cristae_bundle NAME NETWORK.toml ISA OUTPUT.cpp\n", stderr);
    return 2;
  }
  try {
    auto const network = cristae::read_network_file(arguments[2]);
    cristae::OutputFile file(arguments[4], cristae::Overwrite::allow);
    file.write(cristae::source_of(arguments[1], network, arguments[3]));
    file.commit();
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
