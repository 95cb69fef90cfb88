// The kernels for baseline: vectors of 4 floats. Compiled with this set's flags (binding.gyp).
#define SUPRA_WIDTH 4
#define SUPRA_NAME "baseline"
#define SUPRA_TABLE kernels_baseline
#include "kernels/table.h"
