// host/model/event_time.cpp - comparisons with time as lines, and where they cross 0.
#include "host/model/event_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace cristae {
namespace {

bool is_comparison(NodeKind kind) { return kind >= NodeKind::less && kind <= NodeKind::not_equal; }

Expression const* rule_of(Network const& network, Node const& node) {
  bool const is_rule = node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::rule;
  return is_rule ? &network.rules[node.symbol.index].expression : nullptr;
}

u32 last(Expression const& e) { return static_cast<u32>(e.nodes.size() - 1); }

/// Whether a node is a + b time, where neither depends on time.
bool is_line(Network const& network, Expression const& e, u32 at) {
  Node const& n = e.nodes[at];
  if (!reads_time(network, e, at)) return true;
  if (auto const* rule = rule_of(network, n)) return is_line(network, *rule, last(*rule));
  auto const reads = [&](usize i) { return reads_time(network, e, n.arguments[i]); };
  auto const lines = [&](usize i) { return is_line(network, e, n.arguments[i]); };
  switch (n.kind) {
    case NodeKind::symbol: return true;
    case NodeKind::negate: return lines(0);
    case NodeKind::add:
    case NodeKind::subtract: return lines(0) && lines(1);
    case NodeKind::multiply: return reads(0) != reads(1) && lines(0) && lines(1);
    case NodeKind::divide: return !reads(1) && lines(0);
    default: return false;
  }
}

/// Every comparison with time below a node, in rules too.
void each_comparison(Network const& network, Expression const& e, u32 at,
                     std::function<void(Expression const&, u32)> const& body) {
  Node const& n = e.nodes[at];
  if (auto const* rule = rule_of(network, n)) each_comparison(network, *rule, last(*rule), body);
  if (compares_time(network, e, at)) body(e, at);
  for (u32 const argument : n.arguments) each_comparison(network, e, argument, body);
}

bool counts_firings(Network const& network, Expression const& e) {
  return std::any_of(e.nodes.begin(), e.nodes.end(), [&](Node const& n) {
    auto const* rule = rule_of(network, n);
    return n.kind == NodeKind::firings || (rule != nullptr && counts_firings(network, *rule));
  });
}

}  // namespace

bool reads_time(Network const& network, Expression const& expression, u32 node) {
  Node const& n = expression.nodes[node];
  if (n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::time) return true;
  if (auto const* rule = rule_of(network, n)) return reads_time(network, *rule, last(*rule));
  if (is_comparison(n.kind)) return false;
  return std::any_of(n.arguments.begin(), n.arguments.end(),
                     [&](u32 a) { return reads_time(network, expression, a); });
}

bool compares_time(Network const& network, Expression const& expression, u32 node) {
  Node const& n = expression.nodes[node];
  return is_comparison(n.kind) && std::any_of(n.arguments.begin(), n.arguments.end(), [&](u32 a) {
           return reads_time(network, expression, a);
         });
}

std::vector<Diagnostic> event_findings(Network const& network) {
  std::vector<Diagnostic> findings;
  for (Event const& event : network.events) {
    auto const report = [&](std::string problem, std::string reason, std::string fix) {
      findings.push_back(
          {Severity::error, event.where, std::move(problem), std::move(reason), std::move(fix)});
    };
    Expression const& trigger = event.trigger;
    if (trigger.empty()) continue;
    bool is_exact = !reads_time(network, trigger, last(trigger));
    each_comparison(network, trigger, last(trigger), [&](Expression const& e, u32 at) {
      for (u32 const side : e.nodes[at].arguments) is_exact = is_exact && is_line(network, e, side);
    });
    if (!is_exact)
      report(fmt::format("the trigger of event '{}' does not compare time in a line", event.id),
             "the moment at which it turns true could not be computed exactly",
             "Write comparisons such as time >= 10 or time - last > period");
    auto const check = [&](Expression const& e, char const* what) {
      if (counts_firings(network, e))
        report(fmt::format("the {} of event '{}' counts firings of a reaction", what, event.id),
               "an event depends on the state, not on how it was reached",
               "Add a species that the reaction makes");
    };
    check(trigger, "trigger");
    if (event.delay) check(*event.delay, "delay");
    if (event.priority) check(*event.priority, "priority");
    for (auto const& assignment : event.assignments) check(assignment.value, "value");
  }
  return findings;
}

// ---- plain recursion ----

bool TimedTrigger::holds(ExpressionValues const& values) const {
  return value(trigger_, last(trigger_), values) != 0;
}

double TimedTrigger::next_switch(ExpressionValues const& values) const {
  double next = std::numeric_limits<double>::infinity();
  switches(trigger_, last(trigger_), values, next);
  return next;
}

/// Comparisons with time are decided here; everything else is evaluate()'s, with these in place as
/// numbers.
double TimedTrigger::value(Expression const& e, u32 node, ExpressionValues const& values) const {
  Expression decided;
  decided.text = e.text;
  decided.nodes.assign(e.nodes.begin(), e.nodes.begin() + node + 1);
  for (u32 i = 0; i <= node; ++i) {
    Node& n = decided.nodes[i];
    double number = 0;
    auto const known = decide_ && is_comparison(n.kind) ? decide_(e, i) : std::nullopt;
    if (known)
      number = *known ? 1 : 0;
    else if (auto const* rule = rule_of(network_, n))
      number = value(*rule, last(*rule), values);
    else if (compares_time(network_, e, i))
      number = compares(difference(e, i, values), n.kind, values.time) ? 1 : 0;
    else
      continue;
    n = Node{NodeKind::number, number, {}, {}, n.span};
  }
  return evaluate(decided, values);
}

TimedTrigger::Line TimedTrigger::line(Expression const& e, u32 node,
                                      ExpressionValues const& values) const {
  if (!reads_time(network_, e, node)) return {value(e, node, values), 0};
  Node const& n = e.nodes[node];
  if (auto const* rule = rule_of(network_, n)) return line(*rule, last(*rule), values);
  auto const argument = [&](usize i) { return line(e, n.arguments[i], values); };
  switch (n.kind) {
    case NodeKind::symbol: return {0, 1};
    case NodeKind::negate: return {-argument(0).a, -argument(0).b};
    case NodeKind::add: return {argument(0).a + argument(1).a, argument(0).b + argument(1).b};
    case NodeKind::subtract: return {argument(0).a - argument(1).a, argument(0).b - argument(1).b};
    case NodeKind::multiply: {
      Line const x = argument(0), y = argument(1);
      return {x.a * y.a, x.a * y.b + x.b * y.a};
    }
    case NodeKind::divide: return {argument(0).a / argument(1).a, argument(0).b / argument(1).a};
    default: throw std::logic_error("a trigger that is not a line of time: '" + e.text + "'");
  }
}

TimedTrigger::Line TimedTrigger::difference(Expression const& e, u32 node,
                                            ExpressionValues const& values) const {
  auto const left = line(e, e.nodes[node].arguments[0], values);
  auto const right = line(e, e.nodes[node].arguments[1], values);
  return {left.a - right.a, left.b - right.b};
}

bool TimedTrigger::compares(Line line, NodeKind kind, double time) const {
  double sign = line.a;
  if (line.b != 0) {
    double const crossing = snap_(-line.a / line.b);
    sign = (time > crossing ? 1 : time < crossing ? -1 : 0) * (line.b > 0 ? 1 : -1);
  }
  switch (kind) {
    case NodeKind::less: return sign < 0;
    case NodeKind::less_equal: return sign <= 0;
    case NodeKind::greater: return sign > 0;
    case NodeKind::greater_equal: return sign >= 0;
    case NodeKind::equal: return sign == 0;
    default: return sign != 0;
  }
}

void TimedTrigger::switches(Expression const& e, u32 node, ExpressionValues const& values,
                            double& next) const {
  each_comparison(network_, e, node, [&](Expression const& in, u32 at) {
    Line const d = difference(in, at, values);
    if (d.b == 0) return;
    double const crossing = snap_(-d.a / d.b);
    double const behind = std::nextafter(crossing, std::numeric_limits<double>::infinity());
    NodeKind const kind = in.nodes[at].kind;
    for (double const time : {crossing, behind})
      if (time > values.time && time < next &&
          compares(d, kind, time) != compares(d, kind, std::nextafter(time, -HUGE_VAL)))
        next = time;
  });
}

}  // namespace cristae
