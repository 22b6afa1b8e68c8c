// tests/support/source_folder.hpp - where the source lies.
#pragma once

#include <string>

namespace cristae::test {

/// Of one object alone, so that ccache has all others for any folder.
std::string source_folder();

}  // namespace cristae::test
