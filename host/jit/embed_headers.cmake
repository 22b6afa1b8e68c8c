# host/jit/embed_headers.cmake - writes embedded_headers.cpp: cmake -DROOT=... -DHEADERS=a;b -DOUT=... -P
set(entries "")
foreach(header IN LISTS HEADERS)
  file(READ ${ROOT}/${header} text)
  # A string literal may hold 64 KiB everywhere; the headers of the core are well below.
  string(APPEND entries "    {\"${header}\", R\"cristae_header(${text})cristae_header\"},\n")
endforeach()
file(WRITE ${OUT} "// Written by embed_headers.cmake.
#include \"host/jit/embedded_headers.hpp\"

namespace cristae {

std::span<EmbeddedHeader const> embedded_headers() {
  static constexpr EmbeddedHeader headers[] = {
${entries}  };
  return headers;
}

}  // namespace cristae
")
