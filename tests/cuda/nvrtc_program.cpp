// tests/cuda/nvrtc_program.cpp - one compilation by NVRTC, and what it gives.
#include "tests/cuda/nvrtc_program.hpp"

#include <nvrtc.h>

#include <fstream>
#include <iterator>

#include "host/jit/embedded_headers.hpp"

namespace cristae::test {
namespace {

void check(nvrtcResult result, char const* what) {
  if (result != NVRTC_SUCCESS)
    throw NvrtcError(std::string(what) + ": " + nvrtcGetErrorString(result));
}

class Program {
 public:
  explicit Program(NvrtcRequest const& request) {
    // The core's headers come from the binary, as they will on a user's machine.
    std::vector<std::string> names, texts;
    for (auto const& header : embedded_headers()) {
      names.emplace_back(header.name);
      texts.emplace_back(header.text);
    }
    for (auto const& name : request.files) {
      std::ifstream file(std::string(CRISTAE_SOURCE_DIR) + "/" + name);
      names.push_back(name);
      texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::vector<char const*> name_pointers, text_pointers;
    for (auto const& name : names) name_pointers.push_back(name.c_str());
    for (auto const& text : texts) text_pointers.push_back(text.c_str());
    check(nvrtcCreateProgram(&program_, request.text.c_str(), "core.cu", int(names.size()),
                             text_pointers.data(), name_pointers.data()),
          "nvrtcCreateProgram");
    std::string const architecture = "--gpu-architecture=" + request.architecture;
    std::vector<char const*> const options{architecture.c_str(), "--std=c++20",
                                           request.fmad.c_str(), "--ftz=false",
                                           "--prec-div=true",    "--prec-sqrt=true"};
    nvrtcResult const result = nvrtcCompileProgram(program_, int(options.size()), options.data());
    std::size_t size = 0;
    nvrtcGetProgramLogSize(program_, &size);
    std::string log(size, ' ');
    nvrtcGetProgramLog(program_, log.data());
    check(result, log.c_str());
  }
  ~Program() { nvrtcDestroyProgram(&program_); }
  Program(Program const&) = delete;
  Program& operator=(Program const&) = delete;

  std::string get(nvrtcResult (*size_of)(nvrtcProgram, std::size_t*),
                  nvrtcResult (*copy)(nvrtcProgram, char*)) const {
    std::size_t size = 0;
    check(size_of(program_, &size), "size of the result");
    std::string result(size, ' ');
    check(copy(program_, result.data()), "copy of the result");
    return result;
  }

 private:
  nvrtcProgram program_{};
};

}  // namespace

std::string nvrtc_ptx(NvrtcRequest const& request) {
  return Program(request).get(nvrtcGetPTXSize, nvrtcGetPTX);
}

std::string nvrtc_cubin(NvrtcRequest const& request) {
  return Program(request).get(nvrtcGetCUBINSize, nvrtcGetCUBIN);
}

}  // namespace cristae::test
