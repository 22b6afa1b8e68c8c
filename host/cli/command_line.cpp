// host/cli/command_line.cpp - strict numbers, unknown options by their nearest name.
#include "host/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cxxopts.hpp>

#include "host/base/words.hpp"
#include "host/stats/feature.hpp"

namespace cristae {
namespace {

// A vector of strings splits at commas in cxxopts; values keep theirs behind this mark.
constexpr char hidden_comma = '\x1f';

std::string with_commas(std::string text) {
  std::replace(text.begin(), text.end(), hidden_comma, ',');
  return text;
}

bool is_value(std::string const& text) { return !text.empty() && !text.starts_with("--"); }

}  // namespace

std::optional<double> to_double(std::string const& text) {
  auto const value = number_in(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<u64> to_count(std::string const& text) {
  u64 value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  constexpr double exact = 9007199254740992.0;
  auto const real = to_double(text);
  if (!real || *real < 0 || *real > exact || *real != std::floor(*real)) return std::nullopt;
  return static_cast<u64>(*real);
}

std::vector<std::string> split(std::string const& text, char separator) {
  std::vector<std::string> parts;
  usize begin = 0;
  for (usize end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return parts;
}

void UsageFindings::add(std::string problem, std::string reason, std::string fix) {
  found_.push_back({Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
}

void UsageFindings::throw_if_any() const {
  if (!found_.empty()) throw Error(ExitCode::usage, found_);
}

struct CommandLine::Split {
  cxxopts::Options options;
  cxxopts::ParseResult result;
};

CommandLine::CommandLine(std::string command, std::string const& purpose)
    : command_(std::move(command)),
      split_(new Split{cxxopts::Options("cristae " + command_, purpose), {}}) {
  split_->options.set_width(100);
  split_->options.allow_unrecognised_options();
  split_->options.custom_help("[OPTION...]");
  split_->options.add_options()("h,help", "Print this help");
  names_.emplace_back("help");
}

CommandLine::~CommandLine() = default;

bool CommandLine::has(std::string const& name) const { return split_->result.count(name) > 0; }

bool CommandLine::is_set(std::string const& flag) const {
  return has(flag) && split_->result[flag].as<bool>();
}

void CommandLine::value(std::string const& name, std::string const& text,
                        std::string const& placeholder) {
  split_->options.add_options()(name, text, cxxopts::value<std::vector<std::string>>(),
                                placeholder);
  names_.push_back(name.substr(name.find(',') + 1));
}

void CommandLine::flag(std::string const& name, std::string const& text) {
  split_->options.add_options()(name, text);
  names_.push_back(name);
}

void CommandLine::positional(std::string const& name, std::string const& fix) {
  split_->options.add_options("positional")(name, "", cxxopts::value<std::string>());
  positionals_.push_back({name, fix});
  name_positionals();
}

void CommandLine::positionals(std::string const& name, std::string const& fix) {
  split_->options.add_options("positional")(name, "", cxxopts::value<std::vector<std::string>>());
  positionals_.push_back({name, fix, true});
  name_positionals();
}

void CommandLine::name_positionals() {
  std::vector<std::string> names;
  std::string shown;
  for (auto const& each : positionals_) {
    names.push_back(each.name);
    auto const name = each.name + (each.takes_all ? "..." : "");
    shown += (shown.empty() ? "" : " ") + (each.fix.empty() ? "[" + name + "]" : name);
  }
  split_->options.parse_positional(names);
  split_->options.positional_help(shown);
}

bool CommandLine::parse(std::vector<std::string> const& arguments) {
  std::string const program = "cristae";
  std::vector<char const*> line{program.c_str()};
  hidden_ = arguments;
  for (auto& argument : hidden_) std::replace(argument.begin(), argument.end(), ',', hidden_comma);
  for (auto const& argument : hidden_) line.push_back(argument.c_str());
  try {
    split_->result = split_->options.parse(static_cast<int>(line.size()), line.data());
  } catch (cxxopts::exceptions::exception const& exception) {
    std::string text = with_commas(exception.what());
    for (std::string const mark : {"‘", "’"})
      for (usize at = 0; (at = text.find(mark, at)) != std::string::npos; ++at)
        text.replace(at, mark.size(), "'");
    if (text.starts_with("Option ")) text[0] = 'o';
    throw Error(ExitCode::usage, text, {}, see_help());
  }
  if (split_->result.count("help") > 0) return false;
  std::vector<std::string> leftover;
  for (auto const& each : positionals_)
    for (auto const& given : this->arguments(each.name))
      if (given.starts_with("-")) leftover.push_back(given);
  for (auto const& unmatched : split_->result.unmatched())
    leftover.push_back(with_commas(unmatched));
  bool has_unknown = false;
  for (auto const& unmatched : leftover) {
    if (!unmatched.starts_with("-")) continue;
    has_unknown = true;
    auto const name = unmatched.substr(0, unmatched.find('='));
    std::vector<std::string> known;
    for (auto const& option : names_) known.push_back("--" + option);
    auto const nearest = nearest_name(name, known);
    findings.add(fmt::format("unknown option '{}'", name), {},
                 nearest.empty() ? see_help() : fmt::format("Did you mean '{}'?", nearest));
  }
  if (has_unknown) return true;  // the value of an unknown option would only confuse
  for (auto const& unmatched : leftover)
    findings.add(fmt::format("unexpected argument '{}'", unmatched), {}, see_help());
  for (auto const& each : positionals_)
    if (!each.fix.empty() &&
        (this->arguments(each.name).empty() || this->arguments(each.name).front().empty()))
      findings.add(each.name + " is missing", {}, each.fix);
  return true;
}

std::string CommandLine::help() const { return split_->options.help({""}); }

std::string CommandLine::see_help() const { return fmt::format("See cristae {} --help", command_); }

std::string CommandLine::argument(std::string const& positional) const {
  if (split_->result.count(positional) == 0) return {};
  return with_commas(split_->result[positional].as<std::string>());
}

std::vector<std::string> CommandLine::arguments(std::string const& positionals) const {
  if (split_->result.count(positionals) == 0) return {};
  auto const each = std::find_if(positionals_.begin(), positionals_.end(),
                                 [&](Positional const& p) { return p.name == positionals; });
  if (!each->takes_all) return {argument(positionals)};
  auto given = split_->result[positionals].as<std::vector<std::string>>();
  for (auto& text : given) text = with_commas(std::move(text));
  return given;
}

std::vector<std::string> CommandLine::all(std::string const& name) {
  if (!has(name)) return {};
  auto values = split_->result[name].as<std::vector<std::string>>();
  for (auto& value : values) {
    value = with_commas(std::move(value));
    if (!is_value(value))
      findings.add(fmt::format("--{} is without its value", name),
                   value.empty() ? "" : fmt::format("'{}' is an option", value), see_help());
  }
  return values;
}

std::optional<std::string> CommandLine::one(std::string const& name) {
  auto const values = all(name);
  if (values.empty()) return std::nullopt;
  if (values.size() > 1)
    findings.add(fmt::format("--{} is given {} times", name, values.size()), {}, "Give it once");
  if (!is_value(values.front())) return std::nullopt;
  return values.front();
}

std::optional<u64> CommandLine::count(std::string const& name, u64 least, u64 most) {
  auto const text = one(name);
  if (!text) return std::nullopt;
  auto const value = to_count(*text);
  if (value && *value >= least && *value <= most) return value;
  findings.add(fmt::format("--{} is '{}'", name, *text),
               most == largest_u64
                   ? fmt::format("a whole number, {} or more, is needed", least)
                   : fmt::format("a whole number from {} to {} is needed", least, most));
  return std::nullopt;
}

std::optional<double> CommandLine::amount(std::string const& name, Zero zero) {
  auto const text = one(name);
  if (!text) return std::nullopt;
  auto const value = to_double(*text);
  if (value && (*value > 0 || (*value == 0 && zero == Zero::allowed))) return std::fabs(*value);
  findings.add(fmt::format("--{} is '{}'", name, *text), zero == Zero::allowed
                                                             ? "a number, 0 or more, is needed"
                                                             : "a number above 0 is needed");
  return std::nullopt;
}

std::optional<std::string> CommandLine::choice(std::string const& name,
                                               std::vector<std::string> const& choices) {
  auto const text = one(name);
  if (!text || std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
  auto const nearest = nearest_name(*text, choices);
  findings.add(fmt::format("--{} is '{}'", name, *text),
               fmt::format("known: {}", fmt::join(choices, ", ")),
               nearest.empty() ? "" : fmt::format("Did you mean '{}'?", nearest));
  return std::nullopt;
}

std::optional<std::vector<std::string>> CommandLine::list(std::string const& name) {
  auto const text = one(name);
  if (!text) return std::nullopt;
  std::vector<std::string> names;
  for (auto const& between : split(*text, ',')) {
    std::string const part(trimmed(between));
    if (part.empty())
      findings.add(fmt::format("--{} is '{}'", name, *text), "a name in it is empty");
    else if (std::find(names.begin(), names.end(), part) == names.end())
      names.push_back(part);
  }
  return names;
}

}  // namespace cristae
