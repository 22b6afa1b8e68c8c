// host/io/result_format.hpp - names in result files, shared by writer and reader (docs/result_format.md).
#pragma once

#include <array>
#include <string>

#include "host/stats/ensemble.hpp"

namespace cristae::result_format {

inline constexpr char const* name = "cristae-result";
inline constexpr char const* sweep_name = "cristae-sweep";
inline constexpr u32 version = 1;

// What results of one run are merged by; not in the root, where users look.
inline constexpr char const* exact_group = "exact";
inline constexpr char const* exact_sums = "sums";

// The attribute `certificate`.
inline constexpr char const* no_certificate = "none";
inline constexpr char const* certificate_passed = "passed";
inline constexpr char const* certificate_failed = "failed";

inline constexpr std::array kinds{ColumnKind::observable, ColumnKind::species};

/// The dimension of the columns of one kind, and the start of the names of their variables.
inline std::string name_of_kind(ColumnKind kind) {
  return kind == ColumnKind::observable ? "observable" : "species";
}

/// A variable KIND_NAME(time, KIND).
struct PointVariable {
  char const* name;
  double PointStatistics::*value;
  char const* meaning;
};

inline constexpr std::array point_variables{
    PointVariable{"mean", &PointStatistics::mean, "mean"},
    PointVariable{"var", &PointStatistics::var, "variance, with n - 1"},
    PointVariable{"se", &PointStatistics::se, "standard error of the mean"},
    PointVariable{"fano", &PointStatistics::fano, "Fano factor, variance over mean"},
    PointVariable{"cv2", &PointStatistics::cv2, "variance over squared mean"},
    PointVariable{"min", &PointStatistics::min, "smallest value"},
    PointVariable{"max", &PointStatistics::max, "largest value"}};

/// KIND:NAME, a label of the dimension `quantity`: all columns, in the order of the run.
inline std::string quantity_label(ColumnKind kind, std::string const& id) {
  return name_of_kind(kind) + ":" + id;
}

/// The attribute that counts the trajectories of a status.
inline std::string count_attribute(usize status) {
  return std::string("trajectories_") + cristae::name_of(static_cast<TrajectoryStatus>(status));
}

}  // namespace cristae::result_format
