# cuda/embed_text.cmake - a header's text in a C++ file: cmake -DHEADER=... -DOUT=... -P
file(READ ${HEADER} text)
string(REPLACE "#pragma once\n" "" text "${text}")  # it is no header where NVRTC gets it
file(WRITE ${OUT} "// Written by embed_text.cmake.
#include \"cuda/sample_reduction.hpp\"

std::string_view cristae::cuda::lagged_passes() {
  return R\"cristae_text(${text})cristae_text\";
}
")
