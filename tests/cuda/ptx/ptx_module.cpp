// tests/cuda/ptx/ptx_module.cpp - the host's C compiler, and grids as loops and fibers.
#include "tests/cuda/ptx/ptx_module.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "host/jit/host_compiler.hpp"
#include "tests/cuda/ptx/ptx_prelude.hpp"

namespace cristae::test {
namespace {

using KernelFunction = void (*)(PtxThread*, unsigned char**);

std::vector<std::string> compiler_flags() {
  // -fexceptions: a fault unwinds through the translated functions.
  std::vector<std::string> flags{"-x",     "c",       "-std=gnu11",           "-O1",
                                 "-w",     "-fPIC",   "-ffp-contract=off",    "-fno-math-errno",
                                 "-g0",    "-shared", "-fno-strict-aliasing", "-fexceptions",
                                 "-fwrapv"};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("fma")) flags.emplace_back("-mfma");  // else the C library's, as exact
#endif
  return flags;
}

[[noreturn]] void fault(PtxThread* t, unsigned line, char const* what) {
  throw PtxError(fmt::format("ptx:{}: error: {} (block {},{},{} thread {},{},{})", line, what,
                             t->ctaid[0], t->ctaid[1], t->ctaid[2], t->tid[0], t->tid[1],
                             t->tid[2]));
}

void no_barrier(PtxThread*) {}

/// Above every alignment that a variable can ask for.
constexpr usize alignment = 256;

std::vector<unsigned char> memory_of(usize bytes) {
  return std::vector<unsigned char>(bytes + alignment);
}

unsigned char* aligned(std::vector<unsigned char>& memory) {
  auto const address = reinterpret_cast<std::uintptr_t>(memory.data());
  return memory.data() + (alignment - address % alignment) % alignment;
}

/// The threads of a block, each on a stack of its own; all reach a barrier before any goes on.
class Fibers {
 public:
  explicit Fibers(usize threads) : fibers_(threads) {
    memory_ = mmap(nullptr, threads * stack_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) throw PtxError("ptx: error: no memory for the stacks of a block");
  }
  ~Fibers() { munmap(memory_, fibers_.size() * stack_bytes); }
  Fibers(Fibers const&) = delete;
  Fibers& operator=(Fibers const&) = delete;

  /// One block; threads[i] runs `function`.
  void run(KernelFunction function, std::vector<PtxThread>& threads, unsigned char** parameters) {
    function_ = function;
    parameters_ = parameters;
    for (usize i = 0; i < threads.size(); ++i) {
      Fiber& f = fibers_[i];
      threads[i].host = &f;
      threads[i].barrier = [](PtxThread* t) {
        Fiber& fiber = *static_cast<Fiber*>(t->host);
        swapcontext(&fiber.context, &fiber.owner->main_);
      };
      f.owner = this;
      f.thread = &threads[i];
      f.is_done = false;
      getcontext(&f.context);
      f.context.uc_stack.ss_sp = static_cast<char*>(memory_) + i * stack_bytes;
      f.context.uc_stack.ss_size = stack_bytes;
      f.context.uc_link = &main_;
      auto const address = reinterpret_cast<u64>(&f);
      makecontext(&f.context, reinterpret_cast<void (*)()>(&Fibers::enter), 2,
                  static_cast<unsigned>(address), static_cast<unsigned>(address >> 32));
    }
    for (bool is_running = true; is_running;) {
      is_running = false;
      for (usize i = 0; i < threads.size(); ++i) {
        if (fibers_[i].is_done) continue;
        swapcontext(&main_, &fibers_[i].context);
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        is_running = is_running || !fibers_[i].is_done;
      }
    }
  }

 private:
  static constexpr usize stack_bytes = usize{1} << 18;
  struct Fiber {
    ucontext_t context;
    Fibers* owner;
    PtxThread* thread;
    bool is_done;
  };
  std::vector<Fiber> fibers_;
  void* memory_;
  ucontext_t main_{};
  KernelFunction function_ = nullptr;
  unsigned char** parameters_ = nullptr;
  std::exception_ptr error_;

  static void enter(unsigned low, unsigned high) {
    Fiber& f = *reinterpret_cast<Fiber*>(u64{high} << 32 | low);
    try {
      f.owner->function_(f.thread, f.owner->parameters_);
    } catch (...) {
      f.owner->error_ = std::current_exception();
    }
    f.is_done = true;
  }
};

}  // namespace

PtxModule PtxModule::load(std::string const& ptx, Unrounded unrounded) {
  PtxModule module;
  module.c_ = std::make_shared<CText const>(ptx_to_c(ptx, unrounded));
  CompileResult compiled = compile_and_load(module.c_->text, compiler_flags());
  if (!compiled.object)
    throw PtxError(fmt::format("ptx: error: no C of it was compiled ({})", compiled.reason));
  module.object_ = std::move(compiled.object);
  auto const* const bytes = static_cast<u64 const*>(find_function(module.object_, "globals_bytes"));
  module.globals_ = std::make_shared<std::vector<unsigned char>>(memory_of(*bytes));
  reinterpret_cast<void (*)(void*)>(find_function(module.object_, "begin_globals"))(
      aligned(*module.globals_));
  module.compile_seconds_ = compiled.seconds;
  return module;
}

std::vector<std::string> PtxModule::kernels() const {
  std::vector<std::string> names;
  for (auto const& [name, kernel] : c_->kernels) names.push_back(name);
  return names;
}

PtxKernel const& PtxModule::kernel(std::string const& name) const {
  auto const found = c_->kernels.find(name);
  if (found == c_->kernels.end())
    throw PtxError(fmt::format("ptx: error: no kernel '{}' is in the module", name));
  return found->second;
}

void* PtxModule::global(std::string const& name, usize& bytes) const {
  auto const found = c_->globals.find(name);
  bytes = found == c_->globals.end() ? 0 : found->second.bytes;
  if (bytes == 0) return nullptr;
  auto const* const offset =
      static_cast<u64 const*>(find_function(object_, found->second.symbol.c_str()));
  return aligned(*globals_) + *offset;
}

void PtxModule::launch(std::string const& name, Dim3 grid, Dim3 block, usize shared_bytes,
                       void* const* arguments) const {
  PtxKernel const& k = kernel(name);
  u64 const threads = u64{block.x} * block.y * block.z;
  u64 const blocks = u64{grid.x} * grid.y * grid.z;
  if (blocks == 0 || threads == 0 || threads > std::min<u64>(k.max_threads, 1024) ||
      (k.is_required && threads != k.max_threads))
    throw PtxError(fmt::format("ptx: error: {} blocks of {} threads do not fit kernel '{}'", blocks,
                               threads, name));
  auto const function = reinterpret_cast<KernelFunction>(find_function(object_, k.symbol.c_str()));

  std::vector<std::vector<unsigned char>> copies;
  std::vector<unsigned char*> parameters;
  for (usize i = 0; i < k.parameters.size(); ++i) {
    copies.push_back(memory_of(k.parameters[i].bytes));
    parameters.push_back(aligned(copies.back()));
    std::memcpy(parameters.back(), arguments[i], k.parameters[i].bytes);
  }
  usize const declared = (c_->shared_bytes + 127) / 128 * 128;
  auto shared = memory_of(declared + shared_bytes);
  std::vector<PtxThread> block_threads(c_->has_barriers ? threads : 1);
  std::unique_ptr<Fibers> fibers;
  if (c_->has_barriers) fibers = std::make_unique<Fibers>(threads);
  for (u64 b = 0; b < blocks; ++b) {
    // What is read before it is written shall not look like a zero.
    std::fill(shared.begin(), shared.end(), 0xcd);
    auto const prepare = [&](PtxThread& t, u64 i) {
      t = {{u32(i % block.x), u32(i / block.x % block.y), u32(i / block.x / block.y)},
           {block.x, block.y, block.z},
           {u32(b % grid.x), u32(b / grid.x % grid.y), u32(b / grid.x / grid.y)},
           {grid.x, grid.y, grid.z},
           u32(declared),
           u32(shared_bytes),
           aligned(shared),
           aligned(*globals_),
           nullptr,
           &no_barrier,
           &fault};
    };
    if (fibers) {
      for (u64 i = 0; i < threads; ++i) prepare(block_threads[i], i);
      fibers->run(function, block_threads, parameters.data());
    } else {
      for (u64 i = 0; i < threads; ++i) {
        prepare(block_threads[0], i);
        function(&block_threads[0], parameters.data());
      }
    }
  }
}

}  // namespace cristae::test
