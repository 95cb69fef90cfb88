// The border to JavaScript: reads and checks arguments, calls a kernel, and reports what does not fit.
// Typed arrays are used in place; nothing is copied, kept or freed here.
#define NAPI_VERSION 8
#include <node_api.h>

#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels.h"
#include "pool.h"

namespace {

using namespace supra;

const Kernels* kernels = nullptr;

// One call's arguments, read from left to right.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
    count_ = count;
  }

  double number(const char* name) {
    double value = 0;
    if (at_ >= count_ || napi_get_value_double(env_, values_[at_], &value) != napi_ok) fail(name, "a number");
    at_++;
    return value;
  }
  int64_t size(const char* name) {
    const double value = number(name);
    if (!(value >= 0 && value <= 9007199254740991.0)) {
      at_--;
      fail(name, "a count");
    }
    return static_cast<int64_t>(value);
  }
  bool flag(const char* name) { return number(name) != 0; }

  // An array of at least `least` elements.
  float* floats(const char* name, int64_t least) { return static_cast<float*>(array(name, napi_float32_array, least)); }
  int32_t* ints(const char* name, int64_t least) { return static_cast<int32_t*>(array(name, napi_int32_array, least)); }
  // The same, or null for null and undefined.
  float* maybe_floats(const char* name, int64_t least) {
    if (at_ < count_) {
      napi_valuetype type;
      napi_typeof(env_, values_[at_], &type);
      if (type == napi_null || type == napi_undefined) {
        at_++;
        return nullptr;
      }
    }
    return floats(name, least);
  }
  napi_value value() { return at_ < count_ ? values_[at_++] : nullptr; }
  std::string text(const char* name) {
    char buffer[64];
    size_t length = 0;
    if (at_ >= count_ || napi_get_value_string_utf8(env_, values_[at_], buffer, sizeof buffer, &length) != napi_ok) fail(name, "a string");
    at_++;
    return std::string(buffer, length);
  }

  // Elements of one typed array value.
  static void* elements(napi_env env, napi_value value, napi_typedarray_type wanted, int64_t least, const std::string& name) {
    bool typed = false;
    napi_is_typedarray(env, value, &typed);
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    if (typed) napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
    const char* const wanted_name = wanted == napi_float32_array ? "a Float32Array" : "an Int32Array";
    if (!typed || type != wanted) throw std::invalid_argument(name + " must be " + wanted_name);
    if (static_cast<int64_t>(length) < least) {
      throw std::invalid_argument(name + " must hold " + std::to_string(least) + " elements, but holds " + std::to_string(length));
    }
    return data;
  }

 private:
  void* array(const char* name, napi_typedarray_type type, int64_t least) {
    if (at_ >= count_) fail(name, "a typed array");
    return elements(env_, values_[at_++], type, least, name);
  }
  [[noreturn]] void fail(const char* name, const char* wanted) {
    throw std::invalid_argument("argument " + std::to_string(at_) + " (" + name + ") must be " + wanted);
  }

  static constexpr size_t kMost = 32;
  napi_env env_;
  napi_value values_[kMost];
  size_t count_ = 0, at_ = 0;
};

using Body = napi_value (*)(napi_env, Arguments&);

// Turns exceptions into JavaScript ones.
template <Body kBody>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    Arguments arguments(env, info);
    return kBody(env, arguments);
  } catch (const std::exception& error) {
    napi_throw_type_error(env, nullptr, (std::string("supra native: ") + error.what()).c_str());
    return nullptr;
  }
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}
napi_value text(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

// configure(instructionSet or '', threads or 0): uses that set (the best one for '') and that many threads (all cores for 0).
napi_value configure(napi_env, Arguments& in) {
  const std::string wanted = in.text("instruction set");
  const int threads = static_cast<int>(in.size("threads"));
  std::string known;
  const Kernels* chosen = nullptr;
  for (const Kernels* const* k = available_kernels(); *k; k++) {
    if (!chosen && (wanted.empty() || wanted == (*k)->name)) chosen = *k;
    known += (known.empty() ? "" : ", ") + std::string((*k)->name);
  }
  if (!chosen) throw std::invalid_argument("the instruction set must be one of " + known + ", but is " + wanted);
  kernels = chosen;
  set_thread_count(threads > 0 ? threads : usable_cores());
  return nullptr;
}

napi_value names(napi_env env, const Kernels* const* list) {
  napi_value result;
  napi_create_array(env, &result);
  for (uint32_t i = 0; list[i]; i++) napi_set_element(env, result, i, text(env, list[i]->name));
  return result;
}

napi_value describe(napi_env env, Arguments&) {
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "instructionSet", text(env, kernels->name));
  napi_set_named_property(env, result, "bf16", text(env, kernels->bf16));
  napi_set_named_property(env, result, "vectorFloats", number(env, kernels->width));
  napi_set_named_property(env, result, "threads", number(env, thread_count()));
  napi_set_named_property(env, result, "cores", number(env, usable_cores()));
  napi_set_named_property(env, result, "available", names(env, available_kernels()));
  napi_set_named_property(env, result, "compiled", names(env, compiled_kernels()));
  return result;
}

// alignment(arrayBuffer): bytes from its start to the next address that is a multiple of 64.
napi_value alignment(napi_env env, Arguments& in) {
  void* data = nullptr;
  size_t length = 0;
  if (napi_get_arraybuffer_info(env, in.value(), &data, &length) != napi_ok) throw std::invalid_argument("an ArrayBuffer is needed");
  return number(env, static_cast<double>((64 - reinterpret_cast<uintptr_t>(data) % 64) % 64));
}

// Elements that a strided view reaches.
int64_t reach(int64_t n0, int64_t s0, int64_t n1, int64_t s1, int64_t n2, int64_t s2) {
  if (n0 == 0 || n1 == 0 || n2 == 0) return 0;
  return (n0 - 1) * s0 + (n1 - 1) * s1 + (n2 - 1) * s2 + 1;
}

napi_value matrix_product(napi_env, Arguments& in) {
  MatrixProduct p;
  p.batch = in.size("batch"), p.rows = in.size("rows"), p.columns = in.size("columns"), p.depth = in.size("depth");
  p.a_batch = in.size("a batch stride"), p.a_row = in.size("a row stride"), p.a_depth = in.size("a depth stride");
  p.b_batch = in.size("b batch stride"), p.b_depth = in.size("b depth stride"), p.b_column = in.size("b column stride");
  p.accumulate = in.flag("accumulate"), p.bf16 = in.flag("bf16");
  p.c_row = p.columns, p.c_batch = p.rows * p.columns;
  if ((p.a_row != 1 && p.a_depth != 1) || (p.b_depth != 1 && p.b_column != 1)) throw std::invalid_argument("a and b need a stride of 1");
  p.a = in.floats("a", reach(p.batch, p.a_batch, p.rows, p.a_row, p.depth, p.a_depth));
  p.b = in.floats("b", reach(p.batch, p.b_batch, p.depth, p.b_depth, p.columns, p.b_column));
  p.bias = in.maybe_floats("bias", p.columns);
  p.c = in.floats("c", p.batch * p.rows * p.columns);
  if (p.batch > 0 && p.rows > 0 && p.columns > 0) kernels->matrix_product(p);
  return nullptr;
}

Attention attention_shape(Arguments& in) {
  Attention t;
  t.batch = in.size("batch"), t.seq = in.size("seq"), t.key_seq = in.size("keySeq"), t.heads = in.size("heads");
  t.kv_heads = in.size("kvHeads"), t.head_dim = in.size("headDim"), t.value_dim = in.size("valueDim");
  t.window = in.size("window"), t.chunk = in.size("chunk"), t.offset = in.size("offset");
  t.scale = static_cast<float>(in.number("scale")), t.softcap = static_cast<float>(in.number("softcap"));
  if (t.kv_heads == 0 || t.heads % t.kv_heads != 0) throw std::invalid_argument("heads must be a multiple of kvHeads");
  if (t.offset + t.seq > t.key_seq) throw std::invalid_argument("offset + seq must not exceed keySeq");
  t.query = in.floats("query", t.batch * t.seq * t.heads * t.head_dim);
  t.key = in.floats("key", t.batch * t.key_seq * t.kv_heads * t.head_dim);
  t.value = in.floats("value", t.batch * t.key_seq * t.kv_heads * t.value_dim);
  t.sinks = in.maybe_floats("sinks", t.heads);
  t.out = in.floats("out", t.batch * t.seq * t.heads * t.value_dim);
  t.lse = in.floats("lse", t.batch * t.seq * t.heads);
  return t;
}
napi_value attention(napi_env, Arguments& in) {
  const Attention t = attention_shape(in);
  if (t.batch * t.seq > 0) kernels->attention(t);
  return nullptr;
}
napi_value attention_gradient(napi_env, Arguments& in) {
  Attention t = attention_shape(in);
  t.d_out = in.floats("dOut", t.batch * t.seq * t.heads * t.value_dim);
  t.d_query = in.floats("dQuery", t.batch * t.seq * t.heads * t.head_dim);
  t.d_key = in.floats("dKey", t.batch * t.key_seq * t.kv_heads * t.head_dim);
  t.d_value = in.floats("dValue", t.batch * t.key_seq * t.kv_heads * t.value_dim);
  if (t.sinks) t.d_sinks = in.floats("dSinks", t.batch * t.heads);
  if (t.batch * t.key_seq > 0) kernels->attention_gradient(t);
  return nullptr;
}

// norm(layer 0 or 1, rows, dim, epsilon, unitOffset, x, weight, bias, y, mean, scale)
napi_value norm(napi_env, Arguments& in) {
  const bool layer = in.flag("layer");
  Norm n;
  n.rows = in.size("rows"), n.dim = in.size("dim"), n.epsilon = static_cast<float>(in.number("epsilon")), n.unit_offset = in.flag("unitOffset");
  n.x = in.floats("x", n.rows * n.dim), n.weight = in.maybe_floats("weight", n.dim), n.bias = in.maybe_floats("bias", n.dim);
  n.y = in.floats("y", n.rows * n.dim);
  n.mean = layer ? in.floats("mean", n.rows) : in.maybe_floats("mean", n.rows);
  n.scale = in.floats("scale", n.rows);
  (layer ? kernels->layer_norm : kernels->rms_norm)(n);
  return nullptr;
}
// normGradient(layer, rows, dim, unitOffset, accumulate, x, weight, mean, scale, dy, dx, dWeight, dBias)
napi_value norm_gradient(napi_env, Arguments& in) {
  const bool layer = in.flag("layer");
  Norm n;
  n.rows = in.size("rows"), n.dim = in.size("dim"), n.unit_offset = in.flag("unitOffset"), n.accumulate = in.flag("accumulate");
  n.x = in.floats("x", n.rows * n.dim), n.weight = in.maybe_floats("weight", n.dim);
  n.mean = layer ? in.floats("mean", n.rows) : in.maybe_floats("mean", n.rows);
  n.scale = in.floats("scale", n.rows);
  n.dy = in.floats("dy", n.rows * n.dim), n.dx = in.maybe_floats("dx", n.rows * n.dim);
  n.d_weight = in.maybe_floats("dWeight", n.dim), n.d_bias = in.maybe_floats("dBias", n.dim);
  (layer ? kernels->layer_norm_gradient : kernels->rms_norm_gradient)(n);
  return nullptr;
}

napi_value add_to(napi_env, Arguments& in) {
  const int64_t size = in.size("size");
  const float* const x = in.floats("x", size);
  kernels->add_to(size, x, in.floats("y", size));
  return nullptr;
}

napi_value blend(napi_env, Arguments& in) {
  const int64_t size = in.size("size");
  const float x_share = static_cast<float>(in.number("xShare"));
  const float* const x = in.floats("x", size);
  const float z_share = static_cast<float>(in.number("zShare"));
  const float* const z = in.floats("z", size);
  kernels->blend(size, x_share, x, z_share, z, in.floats("y", size));
  return nullptr;
}

Activation activation_kind(Arguments& in) {
  const int64_t kind = in.size("kind");
  if (kind > 4) throw std::invalid_argument("unknown activation " + std::to_string(kind));
  return static_cast<Activation>(kind);
}
napi_value activation(napi_env, Arguments& in) {
  const Activation kind = activation_kind(in);
  const int64_t size = in.size("size");
  const float *const x = in.floats("x", size), *const up = in.maybe_floats("up", size);
  kernels->activation(kind, size, x, up, in.floats("y", size));
  return nullptr;
}
napi_value activation_gradient(napi_env, Arguments& in) {
  const Activation kind = activation_kind(in);
  const int64_t size = in.size("size");
  const float *const x = in.floats("x", size), *const up = in.maybe_floats("up", size), *const dy = in.floats("dy", size);
  float *const dx = in.floats("dx", size), *const d_up = in.maybe_floats("dUp", size);
  if (up && !d_up) throw std::invalid_argument("dUp is needed with up");
  kernels->activation_gradient(kind, size, x, up, dy, dx, d_up);
  return nullptr;
}

napi_value rotary(napi_env, Arguments& in) {
  Rotary t;
  t.batch = in.size("batch"), t.seq = in.size("seq"), t.heads = in.size("heads"), t.head_dim = in.size("headDim"), t.half = in.size("half");
  t.interleaved = in.flag("interleaved"), t.inverse = in.flag("inverse");
  if (2 * t.half > t.head_dim) throw std::invalid_argument("2 · half must not exceed headDim");
  const int64_t size = t.batch * t.seq * t.heads * t.head_dim;
  t.x = in.floats("x", size), t.cos = in.floats("cos", t.seq * t.half), t.sin = in.floats("sin", t.seq * t.half);
  t.y = in.floats("y", size);
  kernels->rotary(t);
  return nullptr;
}

void check_ids(const int32_t* ids, int64_t count, int64_t low, int64_t high, const char* what) {
  for (int64_t i = 0; i < count; i++) {
    if (ids[i] < low || ids[i] >= high) {
      throw std::invalid_argument(std::string(what) + " must lie in [" + std::to_string(low) + ", " + std::to_string(high) + "), but number " +
                                  std::to_string(i) + " is " + std::to_string(ids[i]));
    }
  }
}
napi_value embed(napi_env, Arguments& in) {
  const int64_t tokens = in.size("tokens"), hidden = in.size("hidden"), vocab = in.size("vocab");
  const float* const table = in.floats("table", vocab * hidden);
  const int32_t* const ids = in.ints("ids", tokens);
  float* const y = in.floats("y", tokens * hidden);
  check_ids(ids, tokens, 0, vocab, "token ids");
  kernels->embed(tokens, hidden, table, ids, y);
  return nullptr;
}
napi_value embed_gradient(napi_env, Arguments& in) {
  const int64_t tokens = in.size("tokens"), hidden = in.size("hidden"), vocab = in.size("vocab");
  const int32_t* const ids = in.ints("ids", tokens);
  const float* const dy = in.floats("dy", tokens * hidden);
  float* const d_table = in.floats("dTable", vocab * hidden);
  check_ids(ids, tokens, 0, vocab, "token ids");
  kernels->embed_gradient(tokens, hidden, vocab, ids, dy, d_table);
  return nullptr;
}

// crossEntropy(tokens, hidden, vocab, softcap, bf16, x, weight, targets, losses, dX, dWeight): returns the mean loss.
napi_value cross_entropy(napi_env env, Arguments& in) {
  CrossEntropy t;
  t.tokens = in.size("tokens"), t.hidden = in.size("hidden"), t.vocab = in.size("vocab");
  t.softcap = static_cast<float>(in.number("softcap")), t.bf16 = in.flag("bf16");
  t.x = in.floats("x", t.tokens * t.hidden), t.weight = in.floats("weight", t.vocab * t.hidden);
  t.targets = in.ints("targets", t.tokens), t.losses = in.floats("losses", t.tokens);
  t.d_x = in.maybe_floats("dX", t.tokens * t.hidden), t.d_weight = in.maybe_floats("dWeight", t.vocab * t.hidden);
  check_ids(t.targets, t.tokens, -1, t.vocab, "targets");
  kernels->cross_entropy(t);
  double sum = 0;
  int64_t valid = 0;
  for (int64_t i = 0; i < t.tokens; i++) sum += t.losses[i], valid += t.targets[i] >= 0;
  return number(env, valid > 0 ? sum / static_cast<double>(valid) : 0);
}

// adamw(learningRate, beta1, beta2, epsilon, step, gradientScale, parameters, gradients, firsts, seconds, decays): lists of arrays.
napi_value adamw(napi_env env, Arguments& in) {
  AdamwSettings s;
  s.learning_rate = in.number("learningRate"), s.beta1 = in.number("beta1"), s.beta2 = in.number("beta2");
  s.epsilon = in.number("epsilon"), s.step = in.number("step"), s.gradient_scale = in.number("gradientScale");
  napi_value lists[4];
  for (napi_value& list : lists) list = in.value();
  uint32_t count = 0;
  if (!lists[3] || napi_get_array_length(env, lists[0], &count) != napi_ok) throw std::invalid_argument("lists of arrays are needed");
  const float* const decays = in.floats("decays", count);
  std::vector<AdamwTensor> tensors(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value v[4];
    for (int k = 0; k < 4; k++) napi_get_element(env, lists[k], i, &v[k]);
    size_t size = 0;
    napi_get_typedarray_info(env, v[0], nullptr, &size, nullptr, nullptr, nullptr);
    const std::string name = "tensor " + std::to_string(i);
    const auto array = [&](int k, const char* what) {
      return static_cast<float*>(Arguments::elements(env, v[k], napi_float32_array, static_cast<int64_t>(size), name + " " + what));
    };
    tensors[i] = {static_cast<int64_t>(size), array(0, "parameter"), array(1, "gradient"), array(2, "first moment"), array(3, "second moment"), decays[i]};
  }
  kernels->adamw(tensors.data(), count, s);
  return nullptr;
}

napi_value sum_of_squares(napi_env env, Arguments& in) {
  const int64_t size = in.size("size");
  return number(env, kernels->sum_of_squares(size, in.floats("x", size)));
}

// Reads rank and an Int32Array of `columns` rows of `rank` numbers each: dims, a strides, b strides. The dims come first.
Strided strided(Arguments& in, bool with_b, int64_t* size, int64_t* a_reach, int64_t* b_reach) {
  Strided s;
  s.rank = static_cast<int>(in.size("rank"));
  if (s.rank < 1 || s.rank > kMaxRank) throw std::invalid_argument("rank must be 1 to 6, but is " + std::to_string(s.rank));
  const int32_t* const layout = in.ints("layout", s.rank * (with_b ? 3 : 2));
  *size = 1, *a_reach = 1, *b_reach = 1;
  for (int d = 0; d < s.rank; d++) {
    s.dims[d] = layout[d];
    s.a[d] = layout[s.rank + d];
    s.b[d] = with_b ? layout[2 * s.rank + d] : 0;
    if (s.dims[d] < 1 || s.a[d] < 0 || s.b[d] < 0) throw std::invalid_argument("dims must be positive and strides not negative");
    *size *= s.dims[d];
    *a_reach += (s.dims[d] - 1) * s.a[d];
    *b_reach += (s.dims[d] - 1) * s.b[d];
  }
  return s;
}
napi_value binary(napi_env, Arguments& in) {
  const int64_t kind = in.size("kind");
  if (kind > 5) throw std::invalid_argument("unknown binary operation");
  int64_t size, a_reach, b_reach;
  const Strided s = strided(in, true, &size, &a_reach, &b_reach);
  const float *const a = in.floats("a", a_reach), *const b = in.floats("b", b_reach);
  kernels->binary(static_cast<Binary>(kind), s, a, b, in.floats("y", size));
  return nullptr;
}
napi_value unary(napi_env, Arguments& in) {
  const int64_t kind = in.size("kind");
  if (kind > 10) throw std::invalid_argument("unknown unary operation");
  const float argument = static_cast<float>(in.number("argument"));
  const int64_t size = in.size("size");
  const float* const x = in.floats("x", size);
  kernels->unary(static_cast<Unary>(kind), argument, size, x, in.floats("y", size));
  return nullptr;
}
napi_value sum(napi_env, Arguments& in) {
  const int64_t outer = in.size("outer"), reduced = in.size("reduced"), inner = in.size("inner");
  const float factor = static_cast<float>(in.number("factor"));
  const float* const x = in.floats("x", outer * reduced * inner);
  kernels->sum(outer, reduced, inner, factor, x, in.floats("y", outer * inner));
  return nullptr;
}
napi_value copy(napi_env, Arguments& in) {
  int64_t size, reach, unused;
  const int64_t start = in.size("start");
  const Strided s = strided(in, false, &size, &reach, &unused);
  const float* const x = in.floats("x", start + reach);
  kernels->copy(s, x + start, in.floats("y", size));
  return nullptr;
}
// copyRows(rows, width, x, xStart, xRow, y, yStart, yRow)
napi_value copy_rows(napi_env, Arguments& in) {
  const int64_t rows = in.size("rows"), width = in.size("width"), x_start = in.size("xStart"), x_row = in.size("xRow");
  const int64_t y_start = in.size("yStart"), y_row = in.size("yRow");
  if (rows == 0 || width == 0) return nullptr;
  const float* const x = in.floats("x", x_start + (rows - 1) * x_row + width);
  float* const y = in.floats("y", y_start + (rows - 1) * y_row + width);
  kernels->copy_rows(rows, width, x + x_start, x_row, y + y_start, y_row);
  return nullptr;
}

// convolution(batch, seq, channels, taps, silu, x, weight, bias, history, y)
Convolution convolution_shape(Arguments& in) {
  Convolution c;
  c.batch = in.size("batch"), c.seq = in.size("seq"), c.channels = in.size("channels"), c.taps = in.size("taps");
  c.silu = in.flag("silu");
  if (c.taps < 1) throw std::invalid_argument("taps must be at least 1");
  c.x = in.floats("x", c.batch * c.seq * c.channels), c.weight = in.floats("weight", c.channels * c.taps);
  c.bias = in.maybe_floats("bias", c.channels), c.history = in.maybe_floats("history", c.batch * (c.taps - 1) * c.channels);
  return c;
}
napi_value convolution(napi_env, Arguments& in) {
  Convolution c = convolution_shape(in);
  c.y = in.floats("y", c.batch * c.seq * c.channels);
  if (c.batch * c.seq * c.channels > 0) kernels->convolution(c);
  return nullptr;
}
// convolutionGradient(batch, seq, channels, taps, silu, x, weight, bias, history, dy, dx, dWeight, dBias)
napi_value convolution_gradient(napi_env, Arguments& in) {
  Convolution c = convolution_shape(in);
  const int64_t size = c.batch * c.seq * c.channels;
  c.dy = in.floats("dy", size), c.dx = in.floats("dx", size);
  c.d_weight = in.floats("dWeight", c.channels * c.taps), c.d_bias = in.maybe_floats("dBias", c.channels);
  kernels->convolution_gradient(c);
  return nullptr;
}

// gatedNorm(rows, dim, groups, epsilon, gateFirst, sigmoid, x, gate, weight, scale, y)
GatedNorm gated_norm_shape(Arguments& in) {
  GatedNorm n;
  n.rows = in.size("rows"), n.dim = in.size("dim"), n.groups = in.size("groups"), n.epsilon = static_cast<float>(in.number("epsilon"));
  n.gate_first = in.flag("gateFirst"), n.sigmoid = in.flag("sigmoid");
  if (n.groups < 1 || n.dim % n.groups != 0) throw std::invalid_argument("groups must divide dim");
  n.x = in.floats("x", n.rows * n.dim), n.gate = in.floats("gate", n.rows * n.dim), n.weight = in.floats("weight", n.dim);
  n.scale = in.floats("scale", n.rows * n.groups);
  return n;
}
napi_value gated_norm(napi_env, Arguments& in) {
  GatedNorm n = gated_norm_shape(in);
  n.y = in.floats("y", n.rows * n.dim);
  kernels->gated_norm(n);
  return nullptr;
}
// gatedNormGradient(rows, dim, groups, epsilon, gateFirst, sigmoid, x, gate, weight, scale, dy, dx, dGate, dWeight)
napi_value gated_norm_gradient(napi_env, Arguments& in) {
  GatedNorm n = gated_norm_shape(in);
  n.dy = in.floats("dy", n.rows * n.dim), n.dx = in.floats("dx", n.rows * n.dim);
  n.d_gate = in.floats("dGate", n.rows * n.dim), n.d_weight = in.floats("dWeight", n.dim);
  kernels->gated_norm_gradient(n);
  return nullptr;
}

MaskedSoftmax masked_softmax_shape(Arguments& in) {
  MaskedSoftmax t;
  t.batch = in.size("batch"), t.heads = in.size("heads"), t.seq = in.size("seq"), t.key_seq = in.size("keySeq");
  t.scale = static_cast<float>(in.number("scale"));
  return t;
}
// maskedSoftmax(batch, heads, seq, keySeq, scale, scores, mask, weights)
napi_value masked_softmax(napi_env, Arguments& in) {
  MaskedSoftmax t = masked_softmax_shape(in);
  const int64_t all = t.batch * t.heads * t.seq * t.key_seq;
  t.scores = in.floats("scores", all), t.mask = in.floats("mask", t.batch * t.seq * t.key_seq), t.weights = in.floats("weights", all);
  kernels->masked_softmax(t);
  return nullptr;
}
// maskedSoftmaxGradient(batch, heads, seq, keySeq, scale, weights, dWeights, dScores)
napi_value masked_softmax_gradient(napi_env, Arguments& in) {
  MaskedSoftmax t = masked_softmax_shape(in);
  const int64_t all = t.batch * t.heads * t.seq * t.key_seq;
  t.weights = in.floats("weights", all), t.d_weights = in.floats("dWeights", all), t.d_scores = in.floats("dScores", all);
  kernels->masked_softmax_gradient(t);
  return nullptr;
}

DeltaRule delta_shape(Arguments& in) {
  DeltaRule t;
  t.batch = in.size("batch"), t.seq = in.size("seq"), t.key_heads = in.size("keyHeads"), t.heads = in.size("heads");
  t.key_dim = in.size("keyDim"), t.value_dim = in.size("valueDim"), t.per_channel = in.flag("perChannel"), t.chunk = in.size("chunk");
  if (t.key_heads == 0 || t.heads % t.key_heads != 0) throw std::invalid_argument("heads must be a multiple of keyHeads");
  if (t.chunk == 0 || t.key_dim == 0 || t.value_dim == 0) throw std::invalid_argument("chunk, keyDim and valueDim must be positive");
  const int64_t tokens = t.batch * t.seq;
  t.mixed = in.floats("mixed", tokens * (2 * t.key_heads * t.key_dim + t.heads * t.value_dim));
  t.decay = in.floats("decay", tokens * t.heads * (t.per_channel ? t.key_dim : 1));
  t.beta = in.floats("beta", tokens * t.heads);
  return t;
}
int64_t delta_states(const DeltaRule& t) { return t.batch * t.heads * ((t.seq + t.chunk - 1) / t.chunk) * t.key_dim * t.value_dim; }
// deltaRule(…shape, mixed, decay, beta, initial, out, errors, states, final): the last three and initial may be null.
napi_value delta_rule(napi_env, Arguments& in) {
  DeltaRule t = delta_shape(in);
  const int64_t state = t.batch * t.heads * t.key_dim * t.value_dim, values = t.batch * t.seq * t.heads * t.value_dim;
  t.initial = in.maybe_floats("initial", state), t.out = in.floats("out", values), t.errors = in.maybe_floats("errors", values);
  t.states = in.maybe_floats("states", delta_states(t)), t.final_state = in.maybe_floats("final", state);
  if (t.batch * t.seq > 0) kernels->delta_rule(t);
  return nullptr;
}
// deltaRuleGradient(…shape, mixed, decay, beta, errors, states, dOut, dMixed, dDecay, dBeta)
napi_value delta_rule_gradient(napi_env, Arguments& in) {
  DeltaRule t = delta_shape(in);
  const int64_t tokens = t.batch * t.seq, values = tokens * t.heads * t.value_dim;
  t.errors = in.floats("errors", values), t.states = in.floats("states", delta_states(t)), t.d_out = in.floats("dOut", values);
  t.d_mixed = in.floats("dMixed", tokens * (2 * t.key_heads * t.key_dim + t.heads * t.value_dim));
  t.d_decay = in.floats("dDecay", tokens * t.heads * (t.per_channel ? t.key_dim : 1)), t.d_beta = in.floats("dBeta", tokens * t.heads);
  if (tokens > 0) kernels->delta_rule_gradient(t);
  return nullptr;
}

DecayGate decay_shape(Arguments& in) {
  DecayGate t;
  t.rows = in.size("rows"), t.heads = in.size("heads"), t.channels = in.size("channels");
  t.x = in.floats("x", t.rows * t.heads * t.channels), t.bias = in.floats("bias", t.heads * t.channels), t.rate = in.floats("rate", t.heads);
  return t;
}
napi_value decay_gate(napi_env, Arguments& in) {
  DecayGate t = decay_shape(in);
  t.y = in.floats("y", t.rows * t.heads * t.channels);
  kernels->decay_gate(t);
  return nullptr;
}
// decayGateGradient(…shape, x, bias, rate, dy, dx, dBias, dRate)
napi_value decay_gate_gradient(napi_env, Arguments& in) {
  DecayGate t = decay_shape(in);
  t.dy = in.floats("dy", t.rows * t.heads * t.channels), t.dx = in.floats("dx", t.rows * t.heads * t.channels);
  t.d_bias = in.floats("dBias", t.heads * t.channels), t.d_rate = in.floats("dRate", t.heads);
  kernels->decay_gate_gradient(t);
  return nullptr;
}

// States that a scan over `seq` tokens keeps: one before every chunk, and the last.
int64_t state_count(int64_t seq, int64_t chunk) { return (seq + chunk - 1) / chunk + 1; }

// ssd(batch, seq, heads, headDim, groups, state, floor, ceiling, initial, xbc, step, stepBias, decay, skip, y, steps, sums, states)
Ssd ssd_shape(Arguments& in) {
  Ssd s;
  s.batch = in.size("batch"), s.seq = in.size("seq"), s.heads = in.size("heads"), s.head_dim = in.size("headDim");
  s.groups = in.size("groups"), s.state = in.size("state");
  s.floor = static_cast<float>(in.number("floor")), s.ceiling = static_cast<float>(in.number("ceiling"));
  if (s.groups < 1 || s.heads % s.groups != 0) throw std::invalid_argument("groups must divide heads");
  const int64_t inner = s.heads * s.head_dim, tokens = s.batch * s.seq;
  s.initial = in.maybe_floats("initial", s.batch * inner * s.state);
  s.xbc = in.floats("xbc", tokens * (inner + 2 * s.groups * s.state)), s.step = in.floats("step", tokens * s.heads);
  s.step_bias = in.floats("stepBias", s.heads), s.decay = in.floats("decay", s.heads), s.skip = in.floats("skip", s.heads);
  s.y = in.floats("y", tokens * inner), s.steps = in.floats("steps", tokens * s.heads), s.sums = in.floats("sums", tokens * s.heads);
  s.states = in.floats("states", s.batch * state_count(s.seq, kSsdChunk) * inner * s.state);
  return s;
}
napi_value ssd(napi_env, Arguments& in) {
  const Ssd s = ssd_shape(in);
  if (s.batch * s.seq > 0) kernels->ssd(s);
  return nullptr;
}
// ssdGradient(… as ssd, dy, flows, dXbc, dStep, dStepBias, dDecay, dSkip)
napi_value ssd_gradient(napi_env, Arguments& in) {
  Ssd s = ssd_shape(in);
  const int64_t inner = s.heads * s.head_dim, tokens = s.batch * s.seq;
  s.dy = in.floats("dy", tokens * inner), s.flows = in.floats("flows", s.batch * state_count(s.seq, kSsdChunk) * inner * s.state);
  s.d_xbc = in.floats("dXbc", tokens * (inner + 2 * s.groups * s.state)), s.d_step = in.floats("dStep", tokens * s.heads);
  s.d_step_bias = in.floats("dStepBias", s.heads), s.d_decay = in.floats("dDecay", s.heads), s.d_skip = in.floats("dSkip", s.heads);
  if (s.batch * s.seq > 0) kernels->ssd_gradient(s);
  return nullptr;
}

// selectiveScan(batch, seq, channels, state, initial, x, step, stepBias, bc, decay, skip, y, states)
SelectiveScan selective_scan_shape(Arguments& in) {
  SelectiveScan s;
  s.batch = in.size("batch"), s.seq = in.size("seq"), s.channels = in.size("channels"), s.state = in.size("state");
  const int64_t size = s.batch * s.seq * s.channels;
  s.initial = in.maybe_floats("initial", s.batch * s.channels * s.state);
  s.x = in.floats("x", size), s.step = in.floats("step", size), s.step_bias = in.floats("stepBias", s.channels);
  s.bc = in.floats("bc", 2 * s.batch * s.seq * s.state), s.decay = in.floats("decay", s.channels * s.state);
  s.skip = in.floats("skip", s.channels), s.y = in.floats("y", size);
  s.states = in.floats("states", s.batch * state_count(s.seq, kScanChunk) * s.channels * s.state);
  return s;
}
napi_value selective_scan(napi_env, Arguments& in) {
  const SelectiveScan s = selective_scan_shape(in);
  if (s.batch * s.seq > 0) kernels->selective_scan(s);
  return nullptr;
}
// selectiveScanGradient(… as selectiveScan, dy, dX, dStep, dStepBias, dBc, dDecay, dSkip)
napi_value selective_scan_gradient(napi_env, Arguments& in) {
  SelectiveScan s = selective_scan_shape(in);
  const int64_t size = s.batch * s.seq * s.channels;
  s.dy = in.floats("dy", size), s.d_x = in.floats("dX", size), s.d_step = in.floats("dStep", size);
  s.d_step_bias = in.floats("dStepBias", s.channels), s.d_bc = in.floats("dBc", 2 * s.batch * s.seq * s.state);
  s.d_decay = in.floats("dDecay", s.channels * s.state), s.d_skip = in.floats("dSkip", s.channels);
  if (s.batch * s.seq > 0) kernels->selective_scan_gradient(s);
  return nullptr;
}

template <Body kBody>
void add_function(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<kBody>, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  if (!kernels) {
    kernels = available_kernels()[0];
    set_thread_count(usable_cores());
  }
  add_function<configure>(env, exports, "configure");
  add_function<describe>(env, exports, "describe");
  add_function<alignment>(env, exports, "alignment");
  add_function<::matrix_product>(env, exports, "matrixProduct");
  add_function<::attention>(env, exports, "attention");
  add_function<attention_gradient>(env, exports, "attentionGradient");
  add_function<norm>(env, exports, "norm");
  add_function<norm_gradient>(env, exports, "normGradient");
  add_function<add_to>(env, exports, "addTo");
  add_function<blend>(env, exports, "blend");
  add_function<activation>(env, exports, "activation");
  add_function<activation_gradient>(env, exports, "activationGradient");
  add_function<rotary>(env, exports, "rotary");
  add_function<embed>(env, exports, "embed");
  add_function<embed_gradient>(env, exports, "embedGradient");
  add_function<cross_entropy>(env, exports, "crossEntropy");
  add_function<::adamw>(env, exports, "adamw");
  add_function<sum_of_squares>(env, exports, "sumOfSquares");
  add_function<binary>(env, exports, "binary");
  add_function<unary>(env, exports, "unary");
  add_function<sum>(env, exports, "sum");
  add_function<copy>(env, exports, "copy");
  add_function<copy_rows>(env, exports, "copyRows");
  add_function<::convolution>(env, exports, "convolution");
  add_function<convolution_gradient>(env, exports, "convolutionGradient");
  add_function<gated_norm>(env, exports, "gatedNorm");
  add_function<gated_norm_gradient>(env, exports, "gatedNormGradient");
  add_function<masked_softmax>(env, exports, "maskedSoftmax");
  add_function<masked_softmax_gradient>(env, exports, "maskedSoftmaxGradient");
  add_function<::delta_rule>(env, exports, "deltaRule");
  add_function<delta_rule_gradient>(env, exports, "deltaRuleGradient");
  add_function<decay_gate>(env, exports, "decayGate");
  add_function<decay_gate_gradient>(env, exports, "decayGateGradient");
  add_function<::ssd>(env, exports, "ssd");
  add_function<ssd_gradient>(env, exports, "ssdGradient");
  add_function<::selective_scan>(env, exports, "selectiveScan");
  add_function<selective_scan_gradient>(env, exports, "selectiveScanGradient");
  return exports;
}
