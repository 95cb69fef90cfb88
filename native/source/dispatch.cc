// Which of the compiled instruction sets this processor can run.
#include "kernels.h"

namespace supra {

#if defined(__x86_64__)
#if defined(SUPRA_HAS_AVX512BF16)
extern const Kernels kernels_avx512bf16;
#endif
#if defined(SUPRA_HAS_AVX512)
extern const Kernels kernels_avx512;
#endif
extern const Kernels kernels_avx2;
#endif
extern const Kernels kernels_baseline;

namespace {

struct Tables {
  const Kernels* compiled[5] = {};
  const Kernels* available[5] = {};
  int compiled_count = 0, available_count = 0;

  void add(const Kernels* kernels, bool runs) {
    compiled[compiled_count++] = kernels;
    if (runs) available[available_count++] = kernels;
  }

  Tables() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    [[maybe_unused]] const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#if defined(SUPRA_HAS_AVX512BF16)
    add(&kernels_avx512bf16, avx512 && __builtin_cpu_supports("avx512bf16"));
#endif
#if defined(SUPRA_HAS_AVX512)
    add(&kernels_avx512, avx512);
#endif
    add(&kernels_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
#endif
    add(&kernels_baseline, true);
  }
};

const Tables& tables() {
  static const Tables filled;
  return filled;
}

}  // namespace

const Kernels* const* available_kernels() { return tables().available; }
const Kernels* const* compiled_kernels() { return tables().compiled; }

}  // namespace supra
