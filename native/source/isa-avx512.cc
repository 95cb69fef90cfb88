// The kernels for avx512: vectors of 16 floats. Compiled with this set's flags (binding.gyp).
#define SUPRA_WIDTH 16
#define SUPRA_NAME "avx512"
#define SUPRA_TABLE kernels_avx512
#include "kernels/table.h"
