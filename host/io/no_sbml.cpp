// host/io/no_sbml.cpp - linked where libSBML is missing: says so.
#include "host/base/error.hpp"
#include "host/io/sbml_reader.hpp"

namespace cristae {

bool has_sbml() { return false; }

Network read_sbml_text(std::string_view, std::string const& file, SbmlRules) {
  throw Error(ExitCode::input_output, {Severity::error,
                                       {file, 0, 0},
                                       "SBML cannot be read",
                                       "this program was built without libSBML",
                                       "Build Cristae where libsbml5-dev is installed"});
}

}  // namespace cristae
