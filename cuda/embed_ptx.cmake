# cuda/embed_ptx.cmake - PTX as text in a C++ file: cmake -DPTX=... -DOUT=... -P
file(READ ${PTX} text)
file(WRITE ${OUT} "// Written by embed_ptx.cmake.
#include \"cuda/table_kernel.hpp\"

std::string_view cristae::cuda::table_kernel_ptx() {
  return R\"cristae_ptx(${text})cristae_ptx\";
}
")
