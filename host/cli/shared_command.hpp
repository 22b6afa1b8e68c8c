// host/cli/shared_command.hpp - `cristae run --shard any/N`: shard after shard, then the result of all.
#pragma once

#include "host/cli/options.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// Both return the exit code, and throw Error for what is wrong before the first shard starts.
int share_run(Network const& network, RunOptions const& options);
/// Takes part in the run whose shards are beside the result.
int resume_shared_run(ResumeOptions const& given);

}  // namespace cristae
