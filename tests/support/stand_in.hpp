// tests/support/stand_in.hpp - tests whose GPU workers load the stand-in for the driver.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace cristae::test {

/// A variable of the environment, for workers that start while this lives.
class Variable {
 public:
  Variable(char const* name, std::string const& value) : name_(name) {
    char const* const before = std::getenv(name);
    before_ = before == nullptr ? "" : before;
    setenv(name, value.c_str(), 1);
  }
  Variable(Variable const&) = delete;
  Variable& operator=(Variable const&) = delete;
  ~Variable() { setenv(name_, before_.c_str(), 1); }

 private:
  char const* name_;
  std::string before_;
};

class OnStandIn : public testing::Test {
 protected:
  Variable const loader_{"LD_LIBRARY_PATH", CRISTAE_STAND_IN_FOLDER};
  Variable const worker_{"CRISTAE_GPU_WORKER", CRISTAE_WORKER};
  Variable const settings_{"CRISTAE_STAND_IN", ""};
};

}  // namespace cristae::test
