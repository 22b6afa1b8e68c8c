// tests/support/source_folder.cpp - the folder that CMake was given.
#include "tests/support/source_folder.hpp"

std::string cristae::test::source_folder() { return CRISTAE_SOURCE_FOLDER; }
