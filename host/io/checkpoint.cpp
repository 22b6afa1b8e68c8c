// host/io/checkpoint.cpp - generations of checkpoints: written, found, checked.
#include "host/io/checkpoint.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "host/base/bytes.hpp"
#include "host/io/checksum.hpp"
#include "host/io/numbered_files.hpp"
#include "host/io/output_file.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "cristae checkpoint\n";
constexpr u32 version = 2;
constexpr std::string_view suffix = ".checkpoint";

std::string path_of(std::string const& folder, u64 generation) {
  return fmt::format("{}/{}{}", folder, generation, suffix);
}

/// Empty, and `why`, where the file is not whole.
std::optional<Checkpoint> read_whole(std::string const& path, std::string& why) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    why = std::strerror(errno);
    return std::nullopt;
  }
  std::string const text{std::istreambuf_iterator<char>(stream), {}};
  auto const name = fmt::format("'{}'", path);
  try {
    ByteReader header(text, name);
    std::array<char, magic.size()> start{};
    u32 written_by = 0;
    u64 sum = 0;
    header(start, written_by, sum);
    header.require(std::string_view(start.data(), start.size()) == magic);
    if (written_by != version) {
      why = fmt::format("it has format {}, this version knows {}", written_by, version);
      return std::nullopt;
    }
    auto const body = std::string_view(text).substr(magic.size() + sizeof written_by + sizeof sum);
    header.require(checksum(body) == sum);
    ByteReader bytes(body, name);
    Checkpoint checkpoint;
    bytes(checkpoint);
    bytes.require(bytes.is_at_end());
    return checkpoint;
  } catch (Error const& error) {
    why = error.diagnostics().front().reason;
    return std::nullopt;
  }
}

/// About as many as the bytes of it are: sums are large, and a copy of them while they grow is too.
usize size_of(Checkpoint const& checkpoint) {
  usize size = 1024 + checkpoint.run.size() + checkpoint.sums.size() + checkpoint.passages.size() +
               checkpoint.blocks.size() * sizeof(Shards::Block);
  for (auto const& one : checkpoint.in_flight)
    size += sizeof one + one.counts.size() * sizeof(i64) + one.registers.size() * sizeof(u32) +
            one.samples.size() * sizeof(double);
  return size;
}

}  // namespace

std::string parts_folder(std::string const& result) { return target_of(result) + ".parts"; }

void write_checkpoint(std::string const& folder, Checkpoint& checkpoint) {
  ByteWriter bytes;
  bytes.reserve(size_of(checkpoint));
  bytes(checkpoint);
  auto const body = bytes.take();
  ByteWriter header;
  u32 written_by = version;
  u64 sum = checksum(body);
  header(written_by, sum);
  OutputFile file(path_of(folder, checkpoint.generation), Overwrite::allow);
  file.write(magic);
  file.write(header.take());
  file.write(body);
  file.commit();
  for (u64 const generation : numbered_files(folder, suffix))
    if (generation + 1 < checkpoint.generation) unlink(path_of(folder, generation).c_str());
}

u64 newest_checkpoint(std::string const& folder) {
  auto const generations = numbered_files(folder, suffix);
  return generations.empty() ? 0 : generations.front();
}

Checkpoint read_checkpoint(std::string const& folder, std::vector<Diagnostic>& remarks) {
  auto const generations = numbered_files(folder, suffix);
  std::string first_problem;
  for (u64 const generation : generations) {
    std::string why;
    auto checkpoint = read_whole(path_of(folder, generation), why);
    if (checkpoint) {
      checkpoint->newest = generations.front();
      return std::move(*checkpoint);
    }
    auto const problem = fmt::format("'{}' cannot be used", path_of(folder, generation));
    if (first_problem.empty()) first_problem = fmt::format("{}: {}", problem, why);
    remarks.push_back({Severity::warning, {}, problem, why, "The one before it is used"});
  }
  std::error_code error;
  bool const is_there = fs::is_directory(folder, error);
  throw Error(ExitCode::input_output, fmt::format("there is no checkpoint in '{}'", folder),
              !first_problem.empty() ? first_problem
              : is_there             ? "the run was killed before it had written one"
                                     : "there is no such folder: nothing was interrupted",
              is_there ? "Run again with --overwrite" : "Give the name of an interrupted result");
}

}  // namespace cristae
