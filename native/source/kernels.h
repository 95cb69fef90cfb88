// The table of kernels that every instruction set fills in. All pointers are dense fp32 or int32 arrays of JavaScript.
#pragma once
#include <cstdint>

namespace supra {

// C[r, c] = Σ_d A[r, d] B[d, c] (+ bias[c]) (+ C[r, c] when accumulate), once per batch entry.
// Strides count elements; columns of C are adjacent, and A and B have stride 1 in at least one direction.
struct MatrixProduct {
  int64_t batch = 1, rows = 0, columns = 0, depth = 0;
  const float* a = nullptr;
  int64_t a_batch = 0, a_row = 0, a_depth = 1;
  const float* b = nullptr;
  int64_t b_batch = 0, b_depth = 0, b_column = 1;
  float* c = nullptr;
  int64_t c_batch = 0, c_row = 0;
  const float* bias = nullptr;
  bool accumulate = false;
  bool bf16 = false;  // round A and B to bfloat16 first
};

// Layouts as in src/engine/ops/attention.ts; lse is [batch, heads, seq]: log Σ exp of a query's scores.
struct Attention {
  int64_t batch = 0, seq = 0, key_seq = 0, heads = 0, kv_heads = 0, head_dim = 0, value_dim = 0;
  int64_t window = 0;  // 0: none
  int64_t chunk = 0;   // queries see keys of their own chunk only; 0: none
  int64_t offset = 0;
  float scale = 1, softcap = 0;  // softcap 0: none
  const float *query = nullptr, *key = nullptr, *value = nullptr;
  const float* sinks = nullptr;  // [heads]: the score of a column without a value, in lse too; null: none
  float *out = nullptr, *lse = nullptr;
  const float* d_out = nullptr;
  float *d_query = nullptr, *d_key = nullptr, *d_value = nullptr;
  float* d_sinks = nullptr;  // [batch, heads]: the share of each sequence; null without sinks
};

struct Norm {
  int64_t rows = 0, dim = 0;
  float epsilon = 0;
  bool unit_offset = false;
  bool accumulate = false;  // add to dx
  const float *x = nullptr, *weight = nullptr, *bias = nullptr, *dy = nullptr;
  float* y = nullptr;
  float *mean = nullptr, *scale = nullptr;  // per row: the mean, and 1 / root mean square or 1 / deviation
  float *dx = nullptr, *d_weight = nullptr, *d_bias = nullptr;  // any may be null
};

enum class Activation : int32_t { gelu = 0, gelu_tanh = 1, relu = 2, relu2 = 3, silu = 4 };

struct Rotary {
  int64_t batch = 0, seq = 0, heads = 0, head_dim = 0, half = 0;
  bool interleaved = false, inverse = false;
  const float *x = nullptr, *cos = nullptr, *sin = nullptr;
  float* y = nullptr;
};

// losses is [tokens]; d_x and d_weight may be null (no gradient). d_* are of the mean over valid targets.
struct CrossEntropy {
  int64_t tokens = 0, hidden = 0, vocab = 0;
  float softcap = 0;
  bool bf16 = false;
  const float *x = nullptr, *weight = nullptr;
  const int32_t* targets = nullptr;
  float *losses = nullptr, *d_x = nullptr, *d_weight = nullptr;
};

struct AdamwTensor {
  int64_t size = 0;
  float* parameter = nullptr;
  const float* gradient = nullptr;
  float *first = nullptr, *second = nullptr;
  float decay = 0;
};

struct AdamwSettings {
  double learning_rate = 0, beta1 = 0, beta2 = 0, epsilon = 0, step = 1, gradient_scale = 1;
};

enum class Binary : int32_t { add = 0, subtract = 1, multiply = 2, divide = 3, maximum = 4, minimum = 5 };
enum class Unary : int32_t {
  negate = 0, square = 1, sqrt = 2, rsqrt = 3, exp = 4, tanh = 5, sigmoid = 6, erf = 7, reciprocal = 8, scale = 9, sign = 10
};

// The gated delta rule, layouts as in src/engine/ops/delta-rule.ts. mixed is [batch, seq, queries | keys | values], states
// [batch, heads, chunks, key_dim, value_dim] before each chunk of tokens, errors [batch, seq, heads, value_dim].
struct DeltaRule {
  int64_t batch = 0, seq = 0, key_heads = 0, heads = 0, key_dim = 0, value_dim = 0, chunk = 0;
  bool per_channel = false;  // decay is [batch, seq, heads, key_dim] instead of [batch, seq, heads]
  const float *mixed = nullptr, *decay = nullptr, *beta = nullptr;
  const float* initial = nullptr;  // null: zeros
  float* out = nullptr;
  float *errors = nullptr, *states = nullptr, *final_state = nullptr;  // any may be null in a forward pass
  const float* d_out = nullptr;
  float *d_mixed = nullptr, *d_decay = nullptr, *d_beta = nullptr;
};

// y = -exp(rate[head]) softplus(x + bias); x and y [rows, heads, channels], bias [heads, channels].
struct DecayGate {
  int64_t rows = 0, heads = 0, channels = 0;
  const float *x = nullptr, *bias = nullptr, *rate = nullptr, *dy = nullptr;
  float *y = nullptr, *dx = nullptr, *d_bias = nullptr, *d_rate = nullptr;
};

constexpr int kMaxRank = 6;

// Output dims; strides of the inputs in elements, 0 where an input is repeated.
struct Strided {
  int rank = 0;
  int64_t dims[kMaxRank], a[kMaxRank], b[kMaxRank];
};

// Depthwise: y_t = act(Σ_j w_j x_(t - taps + 1 + j) + bias) per channel; layouts as in src/engine/ops/causal-convolution.ts.
struct Convolution {
  int64_t batch = 0, seq = 0, channels = 0, taps = 0;
  bool silu = false;
  const float *x = nullptr, *weight = nullptr, *bias = nullptr;  // bias may be null
  const float* history = nullptr;                                // the taps - 1 rows before each sequence; null: zeros
  float* y = nullptr;
  const float* dy = nullptr;
  float *dx = nullptr, *d_weight = nullptr, *d_bias = nullptr;  // d_bias may be null
};

// y = rms(x a(gate)) weight with gate_first, else rms(x) weight a(gate); rms per group of dim / groups. scale is [rows, groups].
struct GatedNorm {
  int64_t rows = 0, dim = 0, groups = 1;
  float epsilon = 0;
  bool gate_first = false, sigmoid = false;
  const float *x = nullptr, *gate = nullptr, *weight = nullptr, *dy = nullptr;
  float *y = nullptr, *scale = nullptr, *dx = nullptr, *d_gate = nullptr, *d_weight = nullptr;
};

// weights = softmax(scale scores + mask) over the keys; scores and weights [batch, heads, seq, key_seq], mask [batch, seq, key_seq]
// of 0 and large negative numbers, at least one 0 in each row.
struct MaskedSoftmax {
  int64_t batch = 0, heads = 0, seq = 0, key_seq = 0;
  float scale = 1;
  const float *scores = nullptr, *mask = nullptr;
  float* weights = nullptr;
  const float* d_weights = nullptr;
  float* d_scores = nullptr;
};

// Tokens between two states that a scan keeps; src/engine/ops/ssd.ts and selective-scan.ts know them too.
constexpr int64_t kSsdChunk = 64, kScanChunk = 32;

// The recurrence of Mamba-2, see kernels/ssd.h; layouts as in src/engine/ops/ssd.ts.
struct Ssd {
  int64_t batch = 0, seq = 0, heads = 0, head_dim = 0, groups = 1, state = 0;
  float floor = 0, ceiling = 0;
  const float* initial = nullptr;  // null: an empty state
  const float *xbc = nullptr, *step = nullptr, *step_bias = nullptr, *decay = nullptr, *skip = nullptr;
  float *y = nullptr;
  float *steps = nullptr, *sums = nullptr;  // [batch, heads, seq]
  float* states = nullptr;                  // [batch, chunks + 1, groups, state, heads / groups * head_dim]
  const float* dy = nullptr;
  float* flows = nullptr;  // like states: their gradients
  float *d_xbc = nullptr, *d_step = nullptr, *d_step_bias = nullptr, *d_decay = nullptr, *d_skip = nullptr;
};

// The recurrence of Mamba-1, see kernels/selective-scan.h; layouts as in src/engine/ops/selective-scan.ts.
struct SelectiveScan {
  int64_t batch = 0, seq = 0, channels = 0, state = 0;
  const float* initial = nullptr;  // null: an empty state
  const float *x = nullptr, *step = nullptr, *step_bias = nullptr, *bc = nullptr, *decay = nullptr, *skip = nullptr;
  float* y = nullptr;
  float* states = nullptr;  // [batch, chunks + 1, state, channels]
  const float* dy = nullptr;
  float *d_x = nullptr, *d_step = nullptr, *d_step_bias = nullptr, *d_bc = nullptr, *d_decay = nullptr, *d_skip = nullptr;
};

struct Kernels {
  const char* name;
  int width;  // floats in a vector
  const char* bf16;  // how bf16 products are made
  void (*matrix_product)(const MatrixProduct&);
  void (*attention)(const Attention&);
  void (*attention_gradient)(const Attention&);
  void (*rms_norm)(const Norm&);
  void (*rms_norm_gradient)(const Norm&);
  void (*layer_norm)(const Norm&);
  void (*layer_norm_gradient)(const Norm&);
  void (*add_to)(int64_t size, const float* x, float* y);
  void (*blend)(int64_t size, float x_share, const float* x, float z_share, const float* z, float* y);
  void (*activation)(Activation, int64_t size, const float* x, const float* up, float* y);
  void (*activation_gradient)(Activation, int64_t size, const float* x, const float* up, const float* dy, float* dx, float* d_up);
  void (*rotary)(const Rotary&);
  void (*embed)(int64_t tokens, int64_t hidden, const float* table, const int32_t* ids, float* y);
  void (*embed_gradient)(int64_t tokens, int64_t hidden, int64_t vocab, const int32_t* ids, const float* dy, float* d_table);
  void (*cross_entropy)(const CrossEntropy&);
  void (*adamw)(const AdamwTensor*, int64_t count, const AdamwSettings&);
  double (*sum_of_squares)(int64_t size, const float* x);
  void (*binary)(Binary, const Strided&, const float* a, const float* b, float* y);
  void (*unary)(Unary, float argument, int64_t size, const float* x, float* y);
  void (*sum)(int64_t outer, int64_t reduced, int64_t inner, float factor, const float* x, float* y);
  void (*copy)(const Strided&, const float* x, float* y);  // y dense, x by strides a
  void (*copy_rows)(int64_t rows, int64_t width, const float* x, int64_t x_row, float* y, int64_t y_row);
  void (*convolution)(const Convolution&);
  void (*convolution_gradient)(const Convolution&);
  void (*gated_norm)(const GatedNorm&);
  void (*gated_norm_gradient)(const GatedNorm&);
  void (*masked_softmax)(const MaskedSoftmax&);
  void (*masked_softmax_gradient)(const MaskedSoftmax&);
  void (*delta_rule)(const DeltaRule&);
  void (*delta_rule_gradient)(const DeltaRule&);
  void (*decay_gate)(const DecayGate&);
  void (*decay_gate_gradient)(const DecayGate&);
  void (*ssd)(const Ssd&);
  void (*ssd_gradient)(const Ssd&);
  void (*selective_scan)(const SelectiveScan&);
  void (*selective_scan_gradient)(const SelectiveScan&);
};

// The tables compiled into this addon that this processor can run, best first; null-terminated.
const Kernels* const* available_kernels();

// All that are compiled into it, whatever this processor can run.
const Kernels* const* compiled_kernels();

}  // namespace supra
