// tests/support/generated_batch.hpp - generated code of many networks from one run of the compiler.
//
// A program with generated_batch.cpp in it has no bundled kernels: cpu::bundled_kernels() are those of
// the batch that is installed, and the engine finds them as it finds bundled ones, by their text.
#pragma once

#include <string>
#include <vector>

#include "host/cpu/generated_kernel.hpp"

namespace cristae::test {

/// How the kernels of a batch choose the reaction, and whose laws they run.
enum class BatchForm : u8 {
  generated,                ///< as the product has it
  generated_by_definition,  ///< the bound of the filter is so wide that it decides nothing
  table_by_definition,      ///< likewise, with the laws of the tables
};

class GeneratedBatch {
 public:
  /// Compiles the texts for one instruction set and installs them. Throws Error without a compiler
  /// or where it fails.
  GeneratedBatch(std::vector<cpu::NetworkText> const& texts, std::string const& isa,
                 BatchForm form = BatchForm::generated);
  ~GeneratedBatch();
  GeneratedBatch(GeneratedBatch const&) = delete;
  GeneratedBatch& operator=(GeneratedBatch const&) = delete;

  /// Choices that were left to the definition in blocks so far, in the forms that count them: those
  /// by definition.
  u64 open_choices() const { return *open_choices_; }

 private:
  std::shared_ptr<void> object_;
  u64 const* open_choices_ = nullptr;
};

}  // namespace cristae::test
