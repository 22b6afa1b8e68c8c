// host/base/error.hpp - diagnostics `where: problem (why it matters). fix.` and the exit codes.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Exit codes of the command line; a library call carries the same code in its Error.
enum class ExitCode : int {
  ok = 0,
  internal = 1,
  usage = 2,
  model = 3,
  numerical = 4,  ///< a trajectory ended with a numerical status or without event budget
  input_output = 5,
  device = 6,
  verification = 7,
  interrupted = 130,
};

/// A place in a text file; line and column count from 1, 0 means "the whole file".
struct SourceLocation {
  std::string file;
  u32 line = 0;
  u32 column = 0;
};

enum class Severity : u8 { error, warning, note };

/// One finding. `problem` and `reason` are clauses without a full stop, `fix` is a sentence
/// without its full stop; `reason` and `fix` may be empty.
struct Diagnostic {
  Severity severity = Severity::error;
  SourceLocation where;
  std::string problem;
  std::string reason;
  std::string fix;
};

/// A word of a user for messages: control characters escaped, long words cut.
std::string printable(std::string_view word);

/// `file:line:column: error: problem (reason). fix.`
std::string to_string(Diagnostic const& diagnostic);

/// Thrown by every layer below cli; holds all findings of one operation, in file order.
class Error : public std::exception {
 public:
  Error(ExitCode code, std::vector<Diagnostic> diagnostics);
  Error(ExitCode code, Diagnostic diagnostic);
  Error(ExitCode code, std::string problem, std::string reason = {}, std::string fix = {});

  ExitCode code() const noexcept { return code_; }
  std::vector<Diagnostic> const& diagnostics() const noexcept { return diagnostics_; }
  /// All diagnostics, one per line, without a final newline.
  char const* what() const noexcept override { return text_.c_str(); }

 private:
  ExitCode code_;
  std::vector<Diagnostic> diagnostics_;
  std::string text_;
};

/// The candidate nearest to `word` by Damerau-Levenshtein distance, if it is near enough to be a
/// slip of the keyboard (at most a third of the word's length, at least 1); otherwise empty.
std::string nearest_name(std::string const& word, std::vector<std::string> const& candidates);

/// "A, B, C" for a message; of more than 30 names, "A, ... and 12 more".
std::string name_list(std::vector<std::string> const& names);

}  // namespace cristae
