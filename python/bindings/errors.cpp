// python/bindings/errors.cpp - Error becomes an exception of cristae._errors.
#include <exception>

#include "python/bindings/bindings.hpp"

namespace cristae::python {

FindingFields fields_of(Diagnostic const& finding) {
  char const* const severity = finding.severity == Severity::error     ? "error"
                               : finding.severity == Severity::warning ? "warning"
                                                                       : "note";
  return {severity,        finding.where.file, finding.where.line, finding.where.column,
          finding.problem, finding.reason,     finding.fix,        to_string(finding)};
}

std::vector<FindingFields> fields_of(std::vector<Diagnostic> const& findings) {
  std::vector<FindingFields> fields;
  for (auto const& finding : findings) fields.push_back(fields_of(finding));
  return fields;
}

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](std::exception_ptr const& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (Error const& error) {
      nb::object const made =
          nb::module_::import_("cristae._errors")
              .attr("from_native")(static_cast<int>(error.code()), fields_of(error.diagnostics()));
      PyErr_SetObject(made.type().ptr(), made.ptr());
    }
  });
}

}  // namespace cristae::python
