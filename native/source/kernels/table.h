// Included last by each instruction set's file: SUPRA_TABLE names the table, SUPRA_NAME the set.
#include "vector.h"
#include "matrix-product.h"
#include "attention.h"
#include "norms.h"
#include "elementwise.h"
#include "training.h"
#include "convolution.h"
#include "gated-norm.h"
#include "masked-softmax.h"
#include "delta.h"
#include "ssd.h"
#include "selective-scan.h"

#if defined(SUPRA_BF16_DOT)
#define SUPRA_BF16_TEXT "dot products of bf16 pairs, summed in fp32"
#else
#define SUPRA_BF16_TEXT "rounded to bf16, multiplied and summed in fp32"
#endif

namespace supra {
extern const Kernels SUPRA_TABLE;
const Kernels SUPRA_TABLE = {
    SUPRA_NAME, kWidth, SUPRA_BF16_TEXT,
    matrix_product, attention, attention_gradient, rms_norm, rms_norm_gradient, layer_norm, layer_norm_gradient,
    add_to, blend, activation, activation_gradient, rotary, embed, embed_gradient, cross_entropy, adamw, sum_of_squares,
    binary, unary, sum, copy, copy_rows,
    convolution, convolution_gradient, gated_norm, gated_norm_gradient, masked_softmax, masked_softmax_gradient,
    delta_rule, delta_rule_gradient, decay_gate, decay_gate_gradient,
    ssd, ssd_gradient, selective_scan, selective_scan_gradient,
};
}  // namespace supra
