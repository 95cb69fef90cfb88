// The kernels for processors with AVX-512 and its bfloat16 dot products. Compiled with their flags (binding.gyp).
#define SUPRA_WIDTH 16
#define SUPRA_BF16_DOT
#define SUPRA_NAME "avx512bf16"
#define SUPRA_TABLE kernels_avx512bf16
#include "kernels/table.h"
