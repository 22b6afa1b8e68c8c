// host/text/progress_text.hpp - how a run goes, in one line.
#pragma once

#include <string>

#include "host/base/types.hpp"

namespace cristae {

/// Whether a run has a fixed number of trajectories, or may end before.
enum class Total : u8 { exact, at_most };

/// `412 of 1000 trajectories, 15.3 M events/s, 12 s left`; `412 of at most 1000` has no time left.
std::string progress_text(u64 done, u64 total, Total kind, u64 events, double seconds);

}  // namespace cristae
