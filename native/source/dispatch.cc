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

const Kernels* const* available_kernels() {
  static const Kernels* table[5] = {};
  static const bool filled = [] {
    int n = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
#if defined(SUPRA_HAS_AVX512) || defined(SUPRA_HAS_AVX512BF16)
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
#if defined(SUPRA_HAS_AVX512BF16)
    if (avx512 && __builtin_cpu_supports("avx512bf16")) table[n++] = &kernels_avx512bf16;
#endif
#if defined(SUPRA_HAS_AVX512)
    if (avx512) table[n++] = &kernels_avx512;
#endif
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) table[n++] = &kernels_avx2;
#endif
    table[n++] = &kernels_baseline;
    return true;
  }();
  (void)filled;
  return table;
}

}  // namespace supra
