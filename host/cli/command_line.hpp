// host/cli/command_line.hpp - one command's line: split by cxxopts, read whole and strictly here.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"

namespace cristae {

inline constexpr u64 largest_u64 = std::numeric_limits<u64>::max();

std::optional<double> to_double(std::string const& text);
/// A whole number; also in the form 1e6 where that is whole and exact.
std::optional<u64> to_count(std::string const& text);
std::vector<std::string> split(std::string const& text, char separator);

/// What is wrong with a command line.
class UsageFindings {
 public:
  void add(std::string problem, std::string reason = {}, std::string fix = {});
  /// Throws Error(usage) with all of them.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> found_;
};

/// One command: its options, its positional arguments, and what is wrong with a line for it.
class CommandLine {
 public:
  CommandLine(std::string command, std::string const& purpose);
  ~CommandLine();

  // Declaring, before parse(). "o,output" has a short form, too.
  void value(std::string const& name, std::string const& text, std::string const& placeholder);
  void flag(std::string const& name, std::string const& text);
  /// The next positional argument; `fix` says what to give where it is missing.
  void positional(std::string const& name, std::string const& fix);
  /// All further positional arguments; there must be some where there is a `fix`.
  void positionals(std::string const& name, std::string const& fix = {});

  /// False if help was asked for.
  bool parse(std::vector<std::string> const& arguments);
  std::string help() const;

  // Reading, after parse(); each adds to `findings` what is wrong.
  std::string argument(std::string const& positional) const;
  std::vector<std::string> arguments(std::string const& positionals) const;
  bool has(std::string const& name) const;
  bool is_set(std::string const& flag) const;
  /// Every value given to an option.
  std::vector<std::string> all(std::string const& name);
  /// The value of an option that may be given once.
  std::optional<std::string> one(std::string const& name);
  std::optional<u64> count(std::string const& name, u64 least, u64 most = largest_u64);
  enum class Zero : u8 { allowed, refused };
  /// A finite number that is not negative.
  std::optional<double> amount(std::string const& name, Zero zero);
  std::optional<std::string> choice(std::string const& name,
                                    std::vector<std::string> const& choices);
  /// Names separated by commas, each once.
  std::optional<std::vector<std::string>> list(std::string const& name);

  UsageFindings findings;

 private:
  struct Positional {
    std::string name, fix;
    bool takes_all = false;
  };

  void name_positionals();
  std::string see_help() const;

  std::string command_;
  struct Split;
  std::unique_ptr<Split> split_;  ///< cxxopts takes seconds to compile
  std::vector<Positional> positionals_;
  std::vector<std::string> names_;
  std::vector<std::string> hidden_;
};

}  // namespace cristae
