// host/ode/no_solver.cpp - linked where SUNDIALS is missing: says so.
#include "host/ode/mean_field.hpp"

namespace cristae {

bool has_ode_solver() { return false; }
std::string ode_solver_text() { return "this program was built without SUNDIALS"; }

MeanField solve_rate_equations(Experiment const&, std::vector<ReactionId> const&, RunControl&,
                               OdeTolerances const&) {
  throw Error(ExitCode::device, "engine 'ode' cannot run", ode_solver_text(),
              "Build Cristae where libsundials-dev is installed");
}

}  // namespace cristae
