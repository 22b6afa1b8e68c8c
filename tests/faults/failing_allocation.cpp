// tests/faults/failing_allocation.cpp - preloaded: the k-th allocation of a program fails, once.
//
// CRISTAE_FAIL_ALLOCATION is k, counted from main() on. CRISTAE_COUNT_ALLOCATIONS is a file that gets
// the number of allocations when the program ends. CRISTAE_SPARE_ALLOCATIONS is a part of the name of
// libraries whose own calls are not counted.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<bool> counts{false};
std::atomic<long> count{0};
long failing = 0;
char const* spared = nullptr;

/// `caller` is where the call returns to.
bool fails(void* caller) {
  if (!counts.load(std::memory_order_relaxed)) return false;
  Dl_info library{};
  if (spared != nullptr && dladdr(caller, &library) != 0 && library.dli_fname != nullptr &&
      std::strstr(library.dli_fname, spared) != nullptr)
    return false;
  if (count.fetch_add(1, std::memory_order_relaxed) + 1 != failing) return false;
  errno = ENOMEM;
  return true;
}

void write_count() {
  counts = false;
  if (char const* const path = std::getenv("CRISTAE_COUNT_ALLOCATIONS")) {
    char text[32];
    int const size = std::snprintf(text, sizeof text, "%ld\n", count.load());
    int const file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file >= 0 && write(file, text, static_cast<unsigned>(size)) == size) close(file);
  }
}

using Main = int (*)(int, char**, char**);
Main program = nullptr;

int counting_main(int argc, char** argv, char** environment) {
  if (char const* const text = std::getenv("CRISTAE_FAIL_ALLOCATION")) failing = std::atol(text);
  spared = std::getenv("CRISTAE_SPARE_ALLOCATIONS");
  std::atexit(write_count);
  counts = true;
  return program(argc, argv, environment);
}

}  // namespace

// The C library's own allocator under the names that it keeps for this.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(number, size);
}
void* realloc(void* block, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

/// Here, so that its caller is known: the C library's own would be the caller of malloc.
char* strdup(char const* text) noexcept {
  if (fails(__builtin_return_address(0))) return nullptr;
  std::size_t const size = std::strlen(text) + 1;
  void* const copy = __libc_malloc(size);
  return copy == nullptr ? nullptr : static_cast<char*>(std::memcpy(copy, text, size));
}

int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*loader_fini)(), void* stack_end) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  auto const start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  program = main;
  return start(counting_main, argc, argv, init, fini, loader_fini, stack_end);
}
}
