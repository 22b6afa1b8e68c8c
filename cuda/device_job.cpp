// cuda/device_job.cpp - a program's arrays in one block, and a job as bytes.
#include "cuda/device_job.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "host/codegen/network_source.hpp"

namespace cristae::cuda {
namespace {

/// Every array of a program, in the order of counts_of.
template <class Body>
void for_each_array(core::Program& p, Body const& body) {
  body(p.ops);
  body(p.terms);
  body(p.guards);
  body(p.change_begin);
  body(p.changes);
  body(p.initial);
  body(p.multipliers);
  body(p.stops.interval_high);
  body(p.stops.interval_low);
  body(p.stops.actions);
  body(p.schedule.values);
  body(p.schedule.add_begin);
  body(p.schedule.add_species);
  body(p.schedule.add_count);
  body(p.condition.step);
  body(p.condition.part);
  body(p.stops.times);
  body(p.events.op);
  body(p.events.part);
  body(p.events.form);
  body(p.events.threshold);
  body(p.events.time_switch);
  body(p.events.event);
  body(p.events.set);
  body(p.events.constant);
  body(p.events.positive);
  body(p.events.loads);
}

/// Of arrays whose length stands in those that point into them.
struct EventLengths {
  u32 ops = 0, parts = 0, sets = 0;

  explicit EventLengths(core::EventTables const& e) {
    for (u32 i = 0; i < e.count; ++i) {
      for (auto const code : {e.event[i].trigger, e.event[i].delay, e.event[i].priority})
        take(code);
      sets = std::max(sets, e.event[i].set_end);
    }
    for (u32 i = 0; i < sets; ++i) take(e.set[i].value);
    for (u32 i = 0; i < e.switches; ++i) {
      take(e.time_switch[i].a);
      take(e.time_switch[i].b);
    }
    for (u32 i = 0; i < e.constants; ++i) take(e.constant[i].value);
    for (u32 i = 0; i < e.positives; ++i) take(e.positive[i]);
    for (u32 i = 0; i < e.forms; ++i) parts = std::max(parts, e.form[i].part_end);
  }

 private:
  void take(core::EventCode code) { ops = std::max(ops, code.end); }
};

std::array<usize, 27> counts_of(core::Program const& p) {
  u32 guards = 0;
  u32 const segments = p.schedule.segments;
  for (u32 j = 0; j < p.reactions; ++j) guards = std::max(guards, p.terms[j].guard_end);
  usize const adds = p.schedule.add_begin[segments];
  EventLengths const of_events(p.events);
  u32 parts = 0;
  for (u32 i = 0; i < p.condition.steps; ++i) parts = std::max(parts, p.condition.step[i].end);
  return {p.ops_count,
          p.reactions,
          guards,
          usize{p.reactions} + 2,
          p.change_begin[p.reactions + 1],
          static_cast<usize>(p.initial_rows) * p.hashed,
          usize{p.hashed} + 3,
          p.stops.count,
          p.stops.count,
          p.stops.count,
          usize{segments} * p.schedule.row,
          usize{segments} + 1,
          adds,
          adds,
          p.condition.steps,
          parts,
          p.stops.count,
          of_events.ops,
          of_events.parts,
          p.events.forms,
          p.events.thresholds,
          p.events.switches,
          p.events.count,
          of_events.sets,
          p.events.constants,
          p.events.positives,
          usize{segments} * p.events.values};
}

template <class T>
T const* as_pointer(usize offset) {
  return reinterpret_cast<T const*>(offset);
}

// Plain figures as they lie in memory, texts with their length before them.
class Packer {
 public:
  template <class T>
  void figure(T const& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    figure(u64{value.size()});
    bytes_.append(value);
  }
  template <class T>
  void list(std::vector<T> const& values) {
    text({reinterpret_cast<char const*>(values.data()), values.size() * sizeof(T)});
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  void figure(T& value) {
    std::memcpy(&value, next(sizeof value).data(), sizeof value);
  }
  void text(std::string& value) {
    u64 size = 0;
    figure(size);
    value = next(size);
  }
  template <class T>
  void list(std::vector<T>& values) {
    std::string bytes;
    text(bytes);
    values.resize(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  }

 private:
  std::string_view rest_;
  std::string_view next(u64 size) {
    if (size > rest_.size())
      throw Error(ExitCode::internal, "a GPU's job is cut short",
                  "the worker is of another version");
    auto const part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
};

template <class Job, class Visitor>
void visit(Job& job, Visitor& visitor) {
  visitor.figure(job.device);
  visitor.figure(job.trajectories);
  visitor.figure(job.seed);
  visitor.figure(job.max_events);
  visitor.figure(job.samples);
  visitor.figure(job.first);
  visitor.figure(job.per_set);
  visitor.figure(job.sisters);
  visitor.figure(job.row_values);
  visitor.figure(job.own_rows);
  visitor.figure(job.registers);
  visitor.figure(job.program);
  visitor.text(job.tables);
  visitor.text(job.image);
  visitor.list(job.constants);
  visitor.text(job.reduction.image);
  visitor.figure(job.reduction.columns);
  visitor.figure(job.reduction.products);
  visitor.figure(job.reduction.constants);
  visitor.figure(job.reduction.parameters);
  visitor.figure(job.reduction.cell_values);
  visitor.list(job.reduction.histogram_times);
  visitor.list(job.reduction.lagged);
  visitor.figure(job.reduction.lag_times);
  visitor.figure(job.reduction.lags);
  visitor.figure(job.reduction.lag_groups);
  visitor.figure(job.reduction.alike);
  visitor.list(job.reduction.kept);
  visitor.figure(job.reduction.last_counts);
}

}  // namespace

ReductionJob::ReductionJob(std::string compiled, ReductionRequest const& request)
    : image(std::move(compiled)), columns(request.column_count), products(request.products ? 1 : 0),
      constants(request.constants), parameters(request.parameters),
      cell_values(request.cell_values), histogram_times(request.histogram_times),
      lagged(request.lagged), lag_times(request.lag_times), lags(request.lags),
      lag_groups(request.lag_groups), alike(request.alike), kept(request.kept),
      last_counts(request.last_counts ? 1 : 0) {}

DeviceJob::DeviceJob(RunPlan const& plan, Tables const& of, Cubin const& cubin)
    : trajectories(plan.trajectories), seed(plan.seed), max_events(plan.max_events),
      samples(static_cast<u32>(plan.experiment->sample_times.size())), first(plan.first),
      per_set(plan.per_set == 0 ? ~u64{0} : plan.per_set), sisters(plan.experiment->sisters),
      row_values(of.program().schedule.segments * of.program().schedule.row),
      own_rows(plan.experiment->has_rows() ? 1 : 0),
      registers(cubin.reads_tables ? of.register_count()
                                   : of.program().species + of.program().schedule.constants +
                                         core::event_word_count(of.program().events)),
      program(of.program()), image(cubin.image) {
  if (!cubin.reads_tables) constants = network_constants(of);
  auto const counts = counts_of(of.program());
  usize at = 0;
  for_each_array(program, [&]<class T>(T const*& array) {
    usize const offset = (tables.size() + alignof(std::max_align_t) - 1) /
                         alignof(std::max_align_t) * alignof(std::max_align_t);
    tables.resize(offset);
    tables.append(reinterpret_cast<char const*>(array), counts[at++] * sizeof(T));
    array = as_pointer<T>(offset);
  });
  program.constants = nullptr;
}

core::Program DeviceJob::program_at(std::byte const* base) const {
  core::Program moved = program;
  for_each_array(moved, [&]<class T>(T const*& array) {
    array = reinterpret_cast<T const*>(base + reinterpret_cast<usize>(array));
  });
  return moved;
}

std::string DeviceJob::bytes() const {
  Packer packer;
  visit(*this, packer);
  return packer.take();
}

DeviceJob DeviceJob::from(std::string_view bytes) {
  Unpacker unpacker(bytes);
  DeviceJob job;
  visit(job, unpacker);
  return job;
}

}  // namespace cristae::cuda
