// The kernels for avx2: vectors of 8 floats. Compiled with this set's flags (binding.gyp).
#define SUPRA_WIDTH 8
#define SUPRA_NAME "avx2"
#define SUPRA_TABLE kernels_avx2
#include "kernels/table.h"
