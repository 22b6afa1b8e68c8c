// host/io/csv_writer.hpp - ensemble statistics as a long table, one row per column and sample time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/stats/ensemble.hpp"

namespace cristae {

/// A field as RFC 4180 wants it: quoted where it holds a comma, a quote or a line break.
std::string csv_field(std::string const& text);

/// A number in the fewest digits that read back to the same double; NaN is an empty field, which
/// pandas, R, Julia and spreadsheets alike read as a missing number.
std::string csv_number(double value);

/// `time,kind,name,unit,n,undefined,mean,var,sd,se,fano,cv2,min,max,q05,q25,median,q75,q95`, a line
/// per column and sample time. `write` is handed the lines of one column at a time.
void write_csv(EnsembleSummary const& summary, std::function<void(std::string_view)> const& write);

}  // namespace cristae
