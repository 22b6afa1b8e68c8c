# cuda/embed_ptx.cmake - PTX as text in a C++ file: cmake -DPTX=... -DPTXAS=... -DOUT=... -P
file(READ ${PTX} text)
# nvcc writes its own version, which drivers of the toolkit before refuse. The text needs nothing newer
# than CUDA 12.0, as the assembler confirms.
string(REGEX REPLACE "\n\\.version [0-9.]+" "\n.version 8.0" text "${text}")
# Which bytes of a wide load are looked at is a hint to checkers of memory, and newer than that.
string(REGEX REPLACE "\n[ \t]*\\.pragma \"used_bytes_mask [0-9]+\";" "" text "${text}")
file(WRITE ${OUT}.ptx "${text}")
execute_process(COMMAND ${PTXAS} --gpu-name=sm_75 --output-file=${OUT}.cubin ${OUT}.ptx
  COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${OUT} "// Written by embed_ptx.cmake.
#include \"cuda/table_kernel.hpp\"

std::string_view cristae::cuda::table_kernel_ptx() {
  return R\"cristae_ptx(${text})cristae_ptx\";
}
")
