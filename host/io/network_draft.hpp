// host/io/network_draft.hpp - a network of another format, written down in the network format.
//
// Readers of other formats end here: what they write is read by the network reader, so that
// `convert` and `run` cannot differ, and a result holds a text that needs no other library.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

/// Ids that laws can use: one namespace, each close to the name that was wanted.
class LawIds {
 public:
  /// `wanted` if it can be an id and is free; else the nearest that is, by '_' and digits.
  std::string make(std::string_view wanted);

 private:
  std::set<std::string, std::less<>> taken_;
};

/// Things in the order in which they are added; ids are valid and distinct, laws are law texts.
class NetworkDraft {
 public:
  struct Header {
    std::string name, title, time_unit;
  };
  /// What may stand beside a thing.
  struct Remark {
    std::string label;  ///< left out where it is the id
    std::string unit;
  };

  void compartment(std::string const& id, std::optional<double> volume, Remark const& remark,
                   SourceLocation where);
  void parameter(std::string const& id, double value, Remark const& remark, SourceLocation where);
  void species(std::string const& id, i64 initial, std::string const& compartment,
               Remark const& remark, SourceLocation where);
  void rule(std::string const& id, std::string const& law, Remark const& remark,
            SourceLocation where);
  void observable(std::string const& id, std::string const& law, Remark const& remark,
                  SourceLocation where);
  void reaction(std::string const& id, std::string const& equation, RateKind kind,
                std::string const& law, Remark const& remark, SourceLocation where);
  /// An event as texts of laws, in which `time` is the time.
  struct EventText {
    std::string trigger, delay, priority;  ///< the last two empty where there are none
    bool initial_value = true, persistent = true, values_from_trigger_time = true;
    std::vector<std::pair<std::string, std::string>> set;
  };
  void event(std::string const& id, EventText const& event, Remark const& remark,
             SourceLocation where);

  /// The network of `file`, with `text()` as its text, and places in `file`.
  /// Throws Error(model) with what the network reader finds, such as a law that is too long.
  Network read(Header const& header, std::string const& file, std::vector<Diagnostic> notes) const;

 private:
  struct Section {
    std::string text;
    std::vector<SourceLocation> places;
  };
  Section compartments_, parameters_, species_, rules_, reactions_, observables_, events_;
};

}  // namespace cristae
