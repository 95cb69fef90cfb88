// Runs every kernel of one instruction set over a grid of awkward shapes, on several threads, under a sanitizer.
// It compares with plain loops, so that an error of memory cannot hide behind a right result, nor the other way round.
// The arrays are exactly as large as the kernels may touch, so that AddressSanitizer sees one element too many.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "../source/kernels.h"
#include "../source/pool.h"

namespace supra {
extern const Kernels SUPRA_TABLE;
#ifdef SUPRA_STRANGER_THREADS
extern bool stranger_threads;
#endif
}

using namespace supra;

namespace {

const Kernels& k = SUPRA_TABLE;
int failures = 0;

// Exactly sized memory, so that a vector's spare capacity hides nothing.
struct Floats {
  std::unique_ptr<float[]> memory;
  int64_t size;
  explicit Floats(int64_t n, uint32_t seed = 0) : memory(new float[static_cast<size_t>(n)]), size(n) {
    uint32_t state = seed * 2654435761u + 12345u;
    for (int64_t i = 0; i < n; i++) {
      state = state * 1664525u + 1013904223u;
      memory[static_cast<size_t>(i)] = seed ? static_cast<float>(state >> 8) / 8388608.0f - 1.0f : NAN;
    }
  }
  operator float*() const { return memory.get(); }
  float& operator[](int64_t i) const { return memory[static_cast<size_t>(i)]; }
};

void expect_close(double actual, double expected, double tolerance, const char* what) {
  if (std::fabs(actual - expected) <= tolerance * std::fmax(1, std::fabs(expected))) return;
  if (failures++ < 20) std::printf("%s: %g, expected %g\n", what, actual, expected);
}

float bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
  std::memcpy(&x, &bits, 4);
  return x;
}

void test_matrix_product() {
  const int64_t sizes[][3] = {{1, 1, 1}, {1, 17, 5}, {3, 2, 9}, {5, 33, 7}, {6, 16, 3}, {7, 31, 64}, {13, 65, 300}, {50, 40, 513}, {145, 67, 20}, {2, 2100, 3}, {29, 70, 0}};
  for (const auto& [rows, columns, depth] : sizes) {
    for (int variant = 0; variant < 16; variant++) {
      const bool ta = variant & 1, tb = variant & 2, accumulate = variant & 4, round = variant & 8;
      Floats a(rows * depth, 1), b(depth * columns, 2), c(rows * columns, 3), before(rows * columns, 3), bias(columns, 4);
      MatrixProduct p;
      p.batch = 1, p.rows = rows, p.columns = columns, p.depth = depth;
      p.a = a, p.a_row = ta ? 1 : depth, p.a_depth = ta ? rows : 1;
      p.b = b, p.b_depth = tb ? 1 : columns, p.b_column = tb ? depth : 1;
      p.c = c, p.c_row = columns, p.bias = variant % 3 ? static_cast<float*>(bias) : nullptr, p.accumulate = accumulate, p.bf16 = round;
      k.matrix_product(p);
      for (int64_t r = 0; r < rows; r++) {
        for (int64_t j = 0; j < columns; j++) {
          double sum = (accumulate ? before[r * columns + j] : 0) + (p.bias ? bias[j] : 0);
          for (int64_t d = 0; d < depth; d++) {
            const float x = a[r * p.a_row + d * p.a_depth], y = b[d * p.b_depth + j * p.b_column];
            sum += round ? double{bf16(x)} * bf16(y) : double{x} * y;
          }
          expect_close(c[r * columns + j], sum, 2e-5, "matrix product");
        }
      }
    }
  }
  // A batch, with one matrix shared by all.
  Floats a(9 * 4 * 5, 1), b(5 * 6, 2), c(9 * 4 * 6);
  MatrixProduct p;
  p.batch = 9, p.rows = 4, p.columns = 6, p.depth = 5, p.a = a, p.a_batch = 20, p.a_row = 5, p.b = b, p.b_depth = 6, p.c = c, p.c_batch = 24, p.c_row = 6;
  k.matrix_product(p);
  for (int64_t i = 0; i < 9 * 24; i++) {
    double sum = 0;
    for (int d = 0; d < 5; d++) sum += a[i / 24 * 20 + i % 24 / 6 * 5 + d] * b[d * 6 + i % 6];
    expect_close(c[i], sum, 1e-5, "batched product");
  }
}

// The scores as they are defined, and the gradient by the chain rule, in double.
void test_attention() {
  struct Case { int64_t batch, seq, offset, heads, kv, dim, value_dim, window; float cap; int64_t chunk = 0; bool sink = false; };
  const Case cases[] = {{1, 1, 0, 1, 1, 1, 1, 0, 0}, {2, 7, 0, 3, 3, 5, 3, 0, 0}, {1, 65, 0, 4, 2, 8, 9, 0, 0}, {1, 130, 0, 2, 1, 16, 16, 50, 0},
                        {1, 5, 70, 2, 1, 4, 17, 0, 2}, {1, 97, 3, 1, 1, 33, 31, 1, 1.5f}, {5, 49, 0, 2, 2, 3, 3, 64, 0},
                        {1, 150, 0, 2, 1, 5, 7, 0, 0, 40, true}, {2, 70, 9, 4, 2, 8, 8, 20, 2, 33, true}, {1, 9, 0, 2, 2, 4, 4, 0, 0, 1, false}};
  for (const Case& s : cases) {
    const int64_t keys = s.seq + s.offset, group = s.heads / s.kv;
    Floats q(s.batch * s.seq * s.heads * s.dim, 1), key(s.batch * keys * s.kv * s.dim, 2), v(s.batch * keys * s.kv * s.value_dim, 3);
    Floats out(s.batch * s.seq * s.heads * s.value_dim), lse(s.batch * s.seq * s.heads), dy(out.size, 4), dq(q.size), dk(key.size), dv(v.size);
    Floats sinks(s.heads, 5), d_sinks(s.batch * s.heads);
    Attention t;
    t.batch = s.batch, t.seq = s.seq, t.key_seq = keys, t.heads = s.heads, t.kv_heads = s.kv, t.head_dim = s.dim, t.value_dim = s.value_dim;
    t.window = s.window, t.chunk = s.chunk, t.offset = s.offset, t.scale = 0.7f, t.softcap = s.cap;
    t.query = q, t.key = key, t.value = v, t.out = out, t.lse = lse;
    if (s.sink) t.sinks = sinks, t.d_sinks = d_sinks;
    k.attention(t);
    t.d_out = dy, t.d_query = dq, t.d_key = dk, t.d_value = dv;
    k.attention_gradient(t);
    std::vector<double> want_dk(static_cast<size_t>(key.size)), want_dv(static_cast<size_t>(v.size));
    std::vector<double> want_d_sinks(static_cast<size_t>(d_sinks.size));
    for (int64_t b = 0; b < s.batch; b++) for (int64_t h = 0; h < s.heads; h++) for (int64_t i = 0; i < s.seq; i++) {
      const int64_t position = s.offset + i, chunk_start = s.chunk ? position - position % s.chunk : 0;
      const int64_t first = std::max(chunk_start, s.window ? position - s.window + 1 : 0);
      const int64_t q_at = ((b * s.seq + i) * s.heads + h) * s.dim, o_at = ((b * s.seq + i) * s.heads + h) * s.value_dim;
      const auto k_at = [&](int64_t j) { return ((b * keys + j) * s.kv + h / group) * s.dim; };
      const auto v_at = [&](int64_t j) { return ((b * keys + j) * s.kv + h / group) * s.value_dim; };
      std::vector<double> weight, slope;
      double total = s.sink ? std::exp(double{sinks[h]}) : 0;
      for (int64_t j = first; j <= position; j++) {
        double score = 0;
        for (int64_t d = 0; d < s.dim; d++) score += double{q[q_at + d]} * key[k_at(j) + d];
        score *= t.scale;
        const double capped = s.cap > 0 ? s.cap * std::tanh(score / s.cap) : score;
        slope.push_back(s.cap > 0 ? 1 - capped / s.cap * (capped / s.cap) : 1);
        weight.push_back(std::exp(capped));
        total += weight.back();
      }
      std::vector<double> d_weight(weight.size());
      double mean = 0;
      for (size_t j = 0; j < weight.size(); j++) {
        weight[j] /= total;
        for (int64_t d = 0; d < s.value_dim; d++) d_weight[j] += double{dy[o_at + d]} * v[v_at(first + static_cast<int64_t>(j)) + d];
        mean += weight[j] * d_weight[j];
      }
      if (s.sink) want_d_sinks[static_cast<size_t>(b * s.heads + h)] -= std::exp(double{sinks[h]}) / total * mean;
      for (int64_t d = 0; d < s.value_dim; d++) {
        double sum = 0;
        for (size_t j = 0; j < weight.size(); j++) {
          const int64_t at = v_at(first + static_cast<int64_t>(j)) + d;
          sum += weight[j] * v[at];
          want_dv[static_cast<size_t>(at)] += weight[j] * dy[o_at + d];
        }
        expect_close(out[o_at + d], sum, 1e-5, "attention");
      }
      for (int64_t d = 0; d < s.dim; d++) {
        double sum = 0;
        for (size_t j = 0; j < weight.size(); j++) {
          const int64_t at = k_at(first + static_cast<int64_t>(j)) + d;
          const double d_score = weight[j] * (d_weight[j] - mean) * slope[j] * t.scale;
          sum += d_score * key[at];
          want_dk[static_cast<size_t>(at)] += d_score * q[q_at + d];
        }
        expect_close(dq[q_at + d], sum, 2e-5, "query gradient");
      }
    }
    for (int64_t i = 0; i < key.size; i++) expect_close(dk[i], want_dk[static_cast<size_t>(i)], 5e-5, "key gradient");
    for (int64_t i = 0; i < v.size; i++) expect_close(dv[i], want_dv[static_cast<size_t>(i)], 5e-5, "value gradient");
    for (int64_t i = 0; s.sink && i < d_sinks.size; i++) expect_close(d_sinks[i], want_d_sinks[static_cast<size_t>(i)], 5e-5, "sink gradient");
  }
}

void test_norms() {
  const int64_t shapes[][2] = {{1, 1}, {3, 7}, {100, 33}, {1000, 16}};
  for (const auto& [rows, dim] : shapes) {
    for (const bool layer : {false, true}) {
      Floats x(rows * dim, 1), w(dim, 2), bias(dim, 3), y(rows * dim), mean(rows), scale(rows), dy(rows * dim, 4), dx(rows * dim), dw(dim), db(dim);
      Norm n;
      n.rows = rows, n.dim = dim, n.epsilon = 1e-3f, n.x = x, n.weight = w, n.bias = layer ? static_cast<float*>(bias) : nullptr, n.y = y;
      n.mean = layer ? static_cast<float*>(mean) : nullptr, n.scale = scale;
      (layer ? k.layer_norm : k.rms_norm)(n);
      n.dy = dy, n.dx = dx, n.d_weight = dw, n.d_bias = layer ? static_cast<float*>(db) : nullptr;
      (layer ? k.layer_norm_gradient : k.rms_norm_gradient)(n);
      std::vector<double> want_dw(static_cast<size_t>(dim));
      for (int64_t r = 0; r < rows; r++) {
        double m = 0, squares = 0, products = 0, sums = 0;
        for (int64_t i = 0; i < dim; i++) m += layer ? x[r * dim + i] / static_cast<double>(dim) : 0;
        for (int64_t i = 0; i < dim; i++) squares += (x[r * dim + i] - m) * (x[r * dim + i] - m);
        const double factor = 1 / std::sqrt(squares / static_cast<double>(dim) + double{n.epsilon});
        for (int64_t i = 0; i < dim; i++) {
          const double normal = (x[r * dim + i] - m) * factor;
          expect_close(y[r * dim + i], normal * w[i] + (layer ? bias[i] : 0), 1e-5, "norm");
          want_dw[static_cast<size_t>(i)] += dy[r * dim + i] * normal;
          products += dy[r * dim + i] * w[i] * normal / static_cast<double>(dim);
          sums += layer ? dy[r * dim + i] * w[i] / static_cast<double>(dim) : 0;
        }
        for (int64_t i = 0; i < dim; i++) {
          const double normal = (x[r * dim + i] - m) * factor;
          expect_close(dx[r * dim + i], factor * (dy[r * dim + i] * w[i] - sums - normal * products), 1e-3, "norm gradient");
        }
      }
      Floats more(rows * dim, 5), before(rows * dim, 5);
      n.dx = more, n.accumulate = true;
      (layer ? k.layer_norm_gradient : k.rms_norm_gradient)(n);
      k.add_to(rows * dim, dx, before);
      for (int64_t i = 0; i < more.size; i++) expect_close(more[i], before[i], 1e-6, "norm gradient added");
      for (int64_t i = 0; i < dim; i++) expect_close(dw[i], want_dw[static_cast<size_t>(i)], 1e-4, "norm weight gradient");
    }
  }
}

void test_elementwise() {
  for (const int64_t size : {1, 5, 64, 33333}) {
    Floats x(size, 1), up(size, 2), dy(size, 3), y(size), dx(size), d_up(size);
    for (int64_t i = 0; i < size; i++) x[i] *= 6;
    k.activation(Activation::gelu, size, x, up, y);
    for (int64_t i = 0; i < size; i++) expect_close(y[i], 0.5 * x[i] * (1 + std::erf(x[i] * M_SQRT1_2)) * up[i], 2e-6, "gelu");
    for (int kind = 0; kind < 5; kind++) {
      k.activation_gradient(static_cast<Activation>(kind), size, x, up, dy, dx, d_up);
      Floats above(size), below(size), shifted(size);
      for (int64_t i = 0; i < size; i++) shifted[i] = x[i] + 0.01f;
      k.activation(static_cast<Activation>(kind), size, shifted, up, above);
      for (int64_t i = 0; i < size; i++) shifted[i] = x[i] - 0.01f;
      k.activation(static_cast<Activation>(kind), size, shifted, up, below);
      for (int64_t i = 0; i < size; i++) {
        if (kind != 2 || std::fabs(x[i]) > 0.02f) expect_close(dx[i], (double{above[i]} - below[i]) / 0.02 * dy[i], 4e-3, "activation gradient");
      }
    }
    const struct { Unary kind; double (*f)(double); } functions[] = {
        {Unary::exp, std::exp}, {Unary::tanh, std::tanh}, {Unary::erf, std::erf}, {Unary::sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }}};
    for (const auto& [kind, f] : functions) {
      k.unary(kind, 0, size, x, y);
      for (int64_t i = 0; i < size; i++) expect_close(y[i], f(x[i]), 5e-7, "unary");
    }
    x[0] = 0;
    k.unary(Unary::sign, 0, size, x, y);
    for (int64_t i = 0; i < size; i++) expect_close(y[i], (x[i] > 0) - (x[i] < 0), 0, "sign");
    k.unary(Unary::scale, -2.5f, size, x, y);
    for (int64_t i = 0; i < size; i++) expect_close(y[i], -2.5f * x[i], 0, "scale");
    k.blend(size, 0.25f, x, -3, up, y);
    for (int64_t i = 0; i < size; i++) expect_close(y[i], 0.25 * x[i] - 3 * up[i], 1e-6, "blend");
    k.blend(size, 0.25f, y, 2, up, y);
    for (int64_t i = 0; i < size; i++) expect_close(y[i], 0.25 * (0.25 * x[i] - 3 * up[i]) + 2 * up[i], 1e-6, "blend in place");
  }
  // [3, 1, 5, 7] and [4, 1, 7], [1] and a dense one.
  Strided s;
  s.rank = 4;
  const int64_t dims[] = {3, 4, 5, 7}, a_strides[] = {35, 0, 7, 1}, b_strides[] = {0, 7, 0, 1};
  for (int d = 0; d < 4; d++) s.dims[d] = dims[d], s.a[d] = a_strides[d], s.b[d] = b_strides[d];
  Floats a(3 * 5 * 7, 1), b(4 * 7, 2), y(420);
  k.binary(Binary::subtract, s, a, b, y);
  for (int64_t i = 0; i < 420; i++) {
    expect_close(y[i], a[i / 140 * 35 + i / 7 % 5 * 7 + i % 7] - b[i / 35 % 4 * 7 + i % 7], 0, "broadcast");
  }
  const int64_t reductions[][3] = {{1, 1, 1}, {1, 40000, 1}, {7, 13, 1}, {1, 1500, 300}, {3, 5, 2}, {2, 1, 9}};
  for (const auto& [outer, reduced, inner] : reductions) {
    Floats x(outer * reduced * inner, 5), total(outer * inner);
    k.sum(outer, reduced, inner, 0.5f, x, total);
    for (int64_t o = 0; o < outer; o++) {
      for (int64_t i = 0; i < inner; i++) {
        double sum = 0;
        for (int64_t r = 0; r < reduced; r++) sum += x[(o * reduced + r) * inner + i];
        expect_close(total[o * inner + i], sum * 0.5, 2e-5, "sum");
      }
    }
  }
  Floats from(30, 6), to(30);
  Strided transposed;
  transposed.rank = 2, transposed.dims[0] = 6, transposed.dims[1] = 5, transposed.a[0] = 1, transposed.a[1] = 6, transposed.b[0] = transposed.b[1] = 0;
  k.copy(transposed, from, to);
  for (int64_t i = 0; i < 30; i++) expect_close(to[i], from[i % 5 * 6 + i / 5], 0, "transpose");
  Floats wide(4 * 9);
  k.copy_rows(4, 5, from, 6, wide, 9);
  for (int64_t i = 0; i < 20; i++) expect_close(wide[i / 5 * 9 + i % 5], from[i / 5 * 6 + i % 5], 0, "rows");
}

void test_tables() {
  for (const int64_t half : {1, 3, 16}) {
    for (const bool interleaved : {false, true}) {
      const int64_t batch = 2, seq = 3, heads = 2, dim = 2 * half + 1;
      Floats x(batch * seq * heads * dim, 1), cos(seq * half, 2), sin(seq * half, 3), y(x.size);
      Rotary t;
      t.batch = batch, t.seq = seq, t.heads = heads, t.head_dim = dim, t.half = half, t.interleaved = interleaved, t.x = x, t.cos = cos, t.sin = sin, t.y = y;
      k.rotary(t);
      for (int64_t i = 0; i < x.size; i += dim) {
        const int64_t at = i / dim / heads % seq * half;
        for (int64_t j = 0; j < half; j++) {
          const int64_t first = i + (interleaved ? 2 * j : j), second = interleaved ? first + 1 : first + half;
          expect_close(y[first], x[first] * cos[at + j] - x[second] * sin[at + j], 1e-6, "rotary");
          expect_close(y[second], x[second] * cos[at + j] + x[first] * sin[at + j], 1e-6, "rotary");
        }
        expect_close(y[i + dim - 1], x[i + dim - 1], 0, "rotary rest");
      }
    }
  }
  const int64_t tokens = 90, hidden = 71, vocab = 12;
  Floats table(vocab * hidden, 1), y(tokens * hidden), dy(tokens * hidden, 2), d_table(vocab * hidden);
  std::vector<int32_t> ids(tokens);
  for (int64_t i = 0; i < tokens; i++) ids[static_cast<size_t>(i)] = static_cast<int32_t>(i * 7 % vocab);
  k.embed(tokens, hidden, table, ids.data(), y);
  k.embed_gradient(tokens, hidden, vocab, ids.data(), dy, d_table);
  for (int64_t i = 0; i < tokens * hidden; i++) expect_close(y[i], table[i / hidden * 7 % vocab * hidden + i % hidden], 0, "embed");
  for (int64_t i = 0; i < vocab * hidden; i++) {
    double sum = 0;
    for (int64_t t = 0; t < tokens; t++) if (t * 7 % vocab == i / hidden) sum += dy[t * hidden + i % hidden];
    expect_close(d_table[i], sum, 1e-5, "embed gradient");
  }
}

void test_training() {
  const int64_t shapes[][3] = {{1, 1, 2}, {5, 3, 7}, {100, 17, 33}, {49, 2, 44000}};
  for (const auto& [tokens, hidden, vocab] : shapes) {
    for (const float cap : {0.0f, 2.0f}) {
      Floats x(tokens * hidden, 1), w(vocab * hidden, 2), losses(tokens), dx(tokens * hidden), dw(vocab * hidden);
      std::vector<int32_t> targets(static_cast<size_t>(tokens));
      double valid = 0;
      for (int64_t i = 0; i < tokens; i++) {
        const int32_t target = static_cast<int32_t>(i * 5 % vocab) - (i % 4 == 3 ? 100000 : 0);
        targets[static_cast<size_t>(i)] = target < 0 ? -1 : target;
        valid += target >= 0;
      }
      CrossEntropy t;
      t.tokens = tokens, t.hidden = hidden, t.vocab = vocab, t.softcap = cap, t.x = x, t.weight = w, t.targets = targets.data(), t.losses = losses, t.d_x = dx, t.d_weight = dw;
      k.cross_entropy(t);
      std::vector<double> want_dw(static_cast<size_t>(vocab * hidden));
      for (int64_t i = 0; i < tokens; i++) {
        const int32_t target = targets[static_cast<size_t>(i)];
        std::vector<double> z(static_cast<size_t>(vocab)), slope(z.size());
        double total = 0;
        for (size_t v = 0; v < z.size(); v++) {
          for (int64_t h = 0; h < hidden; h++) z[v] += double{x[i * hidden + h]} * w[static_cast<int64_t>(v) * hidden + h];
          if (cap > 0) z[v] = cap * std::tanh(z[v] / cap);
          slope[v] = cap > 0 ? 1 - z[v] / cap * (z[v] / cap) : 1;
          total += std::exp(z[v]);
        }
        expect_close(losses[i], target < 0 ? 0 : std::log(total) - z[static_cast<size_t>(target)], 2e-5, "loss");
        std::vector<double> sums(static_cast<size_t>(hidden));
        for (int64_t v = 0; v < vocab && target >= 0; v++) {
          const size_t at = static_cast<size_t>(v);
          const double d = (std::exp(z[at]) / total - (v == target)) * slope[at] / valid;
          for (int64_t h = 0; h < hidden; h++) {
            sums[static_cast<size_t>(h)] += d * w[v * hidden + h];
            want_dw[static_cast<size_t>(v * hidden + h)] += d * x[i * hidden + h];
          }
        }
        for (int64_t h = 0; h < hidden; h++) expect_close(dx[i * hidden + h], sums[static_cast<size_t>(h)], 2e-5, "loss gradient of x");
      }
      for (int64_t i = 0; i < dw.size; i++) expect_close(dw[i], want_dw[static_cast<size_t>(i)], 2e-5, "loss gradient of weight");
    }
  }
  std::vector<AdamwTensor> tensors;
  std::vector<Floats> keep;
  for (const int64_t size : {1, 70000, 3}) {
    for (uint32_t seed : {1, 2, 3, 4}) keep.emplace_back(size, seed);
    for (int64_t i = 0; i < size; i++) keep.back()[i] = std::fabs(keep.back()[i]);
    const size_t at = keep.size() - 4;
    tensors.push_back({size, keep[at], keep[at + 1], keep[at + 2], keep[at + 3], 0.1f});
  }
  AdamwSettings s;
  s.learning_rate = 0.01, s.beta1 = 0.9, s.beta2 = 0.95, s.epsilon = 1e-8, s.step = 3, s.gradient_scale = 0.5;
  k.adamw(tensors.data(), static_cast<int64_t>(tensors.size()), s);
  for (size_t n = 0; n < tensors.size(); n++) {
    Floats p(tensors[n].size, 1), g(tensors[n].size, 2), m(tensors[n].size, 3), v(tensors[n].size, 4);
    for (int64_t i = 0; i < p.size; i++) {
      const double gradient = g[i] * 0.5, first = m[i] * 0.9 + gradient * 0.1, second = std::fabs(v[i]) * 0.95 + gradient * gradient * 0.05;
      const double want = p[i] * (1 - 0.001) - 0.01 * (first / (1 - std::pow(0.9, 3))) / (std::sqrt(second / (1 - std::pow(0.95, 3))) + 1e-8);
      expect_close(tensors[n].parameter[i], want, 5e-6, "adamw");
    }
  }
  Floats x(70001, 1);
  double sum = 0;
  for (int64_t i = 0; i < x.size; i++) sum += double{x[i]} * x[i];
  expect_close(k.sum_of_squares(x.size, x), sum, 1e-6, "sum of squares");
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

void test_convolution() {
  const int64_t shapes[][4] = {{1, 1, 1, 1}, {2, 3, 5, 4}, {1, 300, 17, 3}, {3, 40, 33, 4}, {2, 2, 8, 6}};
  for (const auto& [batch, seq, channels, taps] : shapes) {
    for (int variant = 0; variant < 4; variant++) {
      const bool silu = variant & 1, extras = variant & 2;
      const int64_t size = batch * seq * channels, past = taps - 1;
      Floats x(size, 1), w(channels * taps, 2), bias(channels, 3), history(batch * past * channels, 4), y(size), dy(size, 5);
      Floats dx(size), dw(w.size), db(channels);
      Convolution c;
      c.batch = batch, c.seq = seq, c.channels = channels, c.taps = taps, c.silu = silu, c.x = x, c.weight = w, c.y = y;
      c.bias = extras ? static_cast<float*>(bias) : nullptr, c.history = extras && past ? static_cast<float*>(history) : nullptr;
      k.convolution(c);
      c.dy = dy, c.dx = dx, c.d_weight = dw, c.d_bias = extras ? static_cast<float*>(db) : nullptr;
      k.convolution_gradient(c);
      std::vector<double> want_dx(static_cast<size_t>(size)), want_dw(static_cast<size_t>(w.size)), want_db(static_cast<size_t>(channels));
      for (int64_t i = 0; i < size; i++) {
        const int64_t channel = i % channels, t = i / channels % seq, b = i / channels / seq;
        const auto input = [&](int64_t at) {
          return at >= 0 ? x[(b * seq + at) * channels + channel] : c.history ? history[(b * past + past + at) * channels + channel] : 0;
        };
        double sum = extras ? bias[channel] : 0;
        for (int64_t j = 0; j < taps; j++) sum += double{w[channel * taps + j]} * input(t - past + j);
        const double s = logistic(sum), slope = dy[i] * (silu ? s * (1 + sum * (1 - s)) : 1);
        expect_close(y[i], silu ? sum * s : sum, 1e-5, "convolution");
        want_db[static_cast<size_t>(channel)] += slope;
        for (int64_t j = 0; j < taps; j++) {
          want_dw[static_cast<size_t>(channel * taps + j)] += slope * input(t - past + j);
          if (t - past + j >= 0) want_dx[static_cast<size_t>(i + (j - past) * channels)] += slope * w[channel * taps + j];
        }
      }
      for (int64_t i = 0; i < size; i++) expect_close(dx[i], want_dx[static_cast<size_t>(i)], 1e-5, "convolution gradient");
      for (int64_t i = 0; i < w.size; i++) expect_close(dw[i], want_dw[static_cast<size_t>(i)], 5e-5, "convolution weight gradient");
      for (int64_t i = 0; i < channels && extras; i++) expect_close(db[i], want_db[static_cast<size_t>(i)], 5e-5, "convolution bias gradient");
    }
  }
}

void test_gated_norm() {
  const int64_t shapes[][3] = {{1, 1, 1}, {3, 14, 2}, {70, 33, 3}, {100, 40, 1}};
  for (const auto& [rows, dim, groups] : shapes) {
    for (int variant = 0; variant < 4; variant++) {
      const int64_t all = rows * dim, size = dim / groups;
      Floats x(all, 1), z(all, 2), w(dim, 3), y(all), scale(rows * groups), dy(all, 4), dx(all), dz(all), dw(dim);
      GatedNorm n;
      n.rows = rows, n.dim = dim, n.groups = groups, n.epsilon = 1e-2f, n.gate_first = variant & 1, n.sigmoid = variant & 2;
      n.x = x, n.gate = z, n.weight = w, n.y = y, n.scale = scale;
      k.gated_norm(n);
      n.dy = dy, n.dx = dx, n.d_gate = dz, n.d_weight = dw;
      k.gated_norm_gradient(n);
      std::vector<double> want_dw(static_cast<size_t>(dim));
      for (int64_t row = 0; row < rows * groups; row++) {
        const auto open = [&](int64_t i) { return n.sigmoid ? logistic(z[i]) : z[i] * logistic(z[i]); };
        const auto slope = [&](int64_t i) {
          const double s = logistic(z[i]);
          return n.sigmoid ? s * (1 - s) : s * (1 + z[i] * (1 - s));
        };
        double squares = 0, product = 0;
        for (int64_t i = row * size; i < (row + 1) * size; i++) squares += std::pow(n.gate_first ? x[i] * open(i) : x[i], 2) / size;
        const double factor = 1 / std::sqrt(squares + double{n.epsilon});
        const auto normal = [&](int64_t i) { return (n.gate_first ? x[i] * open(i) : x[i]) * factor; };
        const auto reaches = [&](int64_t i) { return n.gate_first ? double{dy[i]} : dy[i] * open(i); };
        for (int64_t i = row * size; i < (row + 1) * size; i++) {
          expect_close(y[i], normal(i) * w[i % dim] * (n.gate_first ? 1 : open(i)), 1e-5, "gated norm");
          product += reaches(i) * w[i % dim] * normal(i) / size;
          want_dw[static_cast<size_t>(i % dim)] += reaches(i) * normal(i);
        }
        for (int64_t i = row * size; i < (row + 1) * size; i++) {
          const double du = factor * (reaches(i) * w[i % dim] - normal(i) * product);
          expect_close(dx[i], n.gate_first ? du * open(i) : du, 2e-4, "gated norm gradient");
          expect_close(dz[i], n.gate_first ? du * x[i] * slope(i) : dy[i] * w[i % dim] * normal(i) * slope(i), 2e-4, "gate gradient");
        }
      }
      for (int64_t i = 0; i < dim; i++) expect_close(dw[i], want_dw[static_cast<size_t>(i)], 1e-4, "gated norm weight gradient");
    }
  }
}

void test_masked_softmax() {
  struct Case { int64_t batch, heads, seq, keys; };
  for (const Case& s : {Case{1, 1, 1, 1}, Case{2, 3, 5, 7}, Case{1, 2, 3, 16}, Case{2, 1, 4, 37}}) {
    const int64_t rows = s.batch * s.heads * s.seq, all = rows * s.keys;
    Floats scores(all, 1), mask(s.batch * s.seq * s.keys, 2), weights(all), slope(all, 3), d_scores(all);
    for (int64_t i = 0; i < mask.size; i++) mask[i] = mask[i] > 0 || i % s.keys == 0 ? 0 : -1e30f;
    // A row with scores far below 0, which what stands behind its end must not reach.
    for (int64_t i = 0; i < s.keys; i++) scores[i] -= 300;
    MaskedSoftmax t;
    t.batch = s.batch, t.heads = s.heads, t.seq = s.seq, t.key_seq = s.keys, t.scale = 0.7f;
    t.scores = scores, t.mask = mask, t.weights = weights;
    k.masked_softmax(t);
    t.d_weights = slope, t.d_scores = d_scores;
    k.masked_softmax_gradient(t);
    for (int64_t row = 0; row < rows; row++) {
      const int64_t hidden = (row / (s.heads * s.seq) * s.seq + row % s.seq) * s.keys, at = row * s.keys;
      const auto part = [&](int64_t j) { return mask[hidden + j] == 0 ? std::exp(0.7 * (scores[at + j] - scores[at])) : 0; };
      double total = 0, mean = 0;
      for (int64_t j = 0; j < s.keys; j++) total += part(j);
      for (int64_t j = 0; j < s.keys; j++) mean += part(j) / total * slope[at + j];
      for (int64_t j = 0; j < s.keys; j++) {
        expect_close(weights[at + j], part(j) / total, 1e-5, "masked softmax");
        expect_close(d_scores[at + j], 0.7 * part(j) / total * (slope[at + j] - mean), 1e-5, "masked softmax gradient");
      }
    }
  }
}

// The recurrence as it is defined, and its gradient by walking back through every state, in double.
void test_delta() {
  struct Case { int64_t batch, seq, key_heads, heads, key_dim, value_dim, chunk; bool per_channel, initial; };
  const Case cases[] = {{1, 1, 1, 1, 1, 1, 64, false, false}, {2, 5, 1, 1, 3, 2, 4, true, false}, {1, 19, 2, 4, 9, 5, 8, false, false},
                        {2, 33, 1, 2, 16, 35, 16, true, false}, {1, 70, 3, 3, 17, 16, 64, true, false}, {1, 6, 1, 2, 8, 33, 4, true, true}};
  for (const Case& s : cases) {
    const int64_t row = 2 * s.key_heads * s.key_dim + s.heads * s.value_dim, tokens = s.batch * s.seq, size = s.key_dim * s.value_dim;
    const int64_t decays = s.per_channel ? s.key_dim : 1, group = s.heads / s.key_heads, chunks = (s.seq + s.chunk - 1) / s.chunk;
    Floats mixed(tokens * row, 1), decay(tokens * s.heads * decays, 2), beta(tokens * s.heads, 3), initial(s.batch * s.heads * size, 4);
    for (int64_t i = 0; i < decay.size; i++) decay[i] = (decay[i] - 1) * 0.4f;
    for (int64_t i = 0; i < beta.size; i++) beta[i] = (beta[i] + 1) * 0.5f;
    Floats out(tokens * s.heads * s.value_dim), errors(out.size), states(s.batch * s.heads * chunks * size), final_state(s.batch * s.heads * size);
    Floats dy(out.size, 5), d_mixed(mixed.size), d_decay(decay.size), d_beta(beta.size);
    DeltaRule t;
    t.batch = s.batch, t.seq = s.seq, t.key_heads = s.key_heads, t.heads = s.heads, t.key_dim = s.key_dim, t.value_dim = s.value_dim;
    t.chunk = s.chunk, t.per_channel = s.per_channel, t.mixed = mixed, t.decay = decay, t.beta = beta;
    t.initial = s.initial ? static_cast<float*>(initial) : nullptr;
    t.out = out, t.errors = errors, t.states = states, t.final_state = final_state;
    k.delta_rule(t);
    if (!s.initial) {
      t.d_out = dy, t.d_mixed = d_mixed, t.d_decay = d_decay, t.d_beta = d_beta;
      k.delta_rule_gradient(t);
    }
    std::vector<double> want_mixed(static_cast<size_t>(mixed.size));
    for (int64_t b = 0; b < s.batch; b++) for (int64_t h = 0; h < s.heads; h++) {
      const auto line = [&](int64_t i) { return b * s.seq + i; };
      const auto q_at = [&](int64_t i) { return line(i) * row + h / group * s.key_dim; };
      const auto k_at = [&](int64_t i) { return q_at(i) + s.key_heads * s.key_dim; };
      const auto v_at = [&](int64_t i) { return line(i) * row + 2 * s.key_heads * s.key_dim + h * s.value_dim; };
      const auto kept = [&](int64_t i, int64_t c) { return std::exp(double{decay[(line(i) * s.heads + h) * decays + (s.per_channel ? c : 0)]}); };
      const auto unit = [&](int64_t at) {
        std::vector<double> x(static_cast<size_t>(s.key_dim));
        double squares = 1e-6;
        for (int64_t c = 0; c < s.key_dim; c++) squares += double{mixed[at + c]} * mixed[at + c];
        for (int64_t c = 0; c < s.key_dim; c++) x[static_cast<size_t>(c)] = mixed[at + c] / std::sqrt(squares);
        return x;
      };
      // Back through x / |x|: adds the gradient of x.
      const auto unit_gradient = [&](int64_t at, const std::vector<double>& d) {
        double squares = 1e-6, along = 0;
        for (int64_t c = 0; c < s.key_dim; c++) {
          squares += double{mixed[at + c]} * mixed[at + c];
          along += mixed[at + c] * d[static_cast<size_t>(c)];
        }
        for (int64_t c = 0; c < s.key_dim; c++) {
          want_mixed[static_cast<size_t>(at + c)] += (d[static_cast<size_t>(c)] - mixed[at + c] * along / squares) / std::sqrt(squares);
        }
      };
      const double scale = 1 / std::sqrt(static_cast<double>(s.key_dim));
      std::vector<std::vector<double>> after(1, std::vector<double>(static_cast<size_t>(size)));
      if (s.initial) for (int64_t i = 0; i < size; i++) after[0][static_cast<size_t>(i)] = initial[(b * s.heads + h) * size + i];
      std::vector<std::vector<double>> error;
      for (int64_t i = 0; i < s.seq; i++) {
        const std::vector<double> q = unit(q_at(i)), key = unit(k_at(i));
        std::vector<double> state = after.back(), e(static_cast<size_t>(s.value_dim));
        const auto at = [&](int64_t c, int64_t j) -> double& { return state[static_cast<size_t>(c * s.value_dim + j)]; };
        const double share = beta[line(i) * s.heads + h];
        for (int64_t j = 0; j < s.value_dim; j++) {
          double recalled = 0, read = 0;
          for (int64_t c = 0; c < s.key_dim; c++) recalled += (at(c, j) *= kept(i, c)) * key[static_cast<size_t>(c)];
          e[static_cast<size_t>(j)] = mixed[v_at(i) + j] - recalled;
          for (int64_t c = 0; c < s.key_dim; c++) read += (at(c, j) += key[static_cast<size_t>(c)] * share * e[static_cast<size_t>(j)]) * q[static_cast<size_t>(c)];
          expect_close(out[(line(i) * s.heads + h) * s.value_dim + j], read * scale, 1e-5, "delta rule");
        }
        after.push_back(state);
        error.push_back(e);
      }
      for (int64_t i = 0; i < size; i++) expect_close(final_state[(b * s.heads + h) * size + i], after.back()[static_cast<size_t>(i)], 1e-5, "delta state");
      if (s.initial) continue;
      std::vector<double> d_state(static_cast<size_t>(size));
      for (int64_t i = s.seq - 1; i >= 0; i--) {
        const std::vector<double> q = unit(q_at(i)), key = unit(k_at(i)), &state = after[static_cast<size_t>(i + 1)], &before = after[static_cast<size_t>(i)];
        const std::vector<double>& e = error[static_cast<size_t>(i)];
        std::vector<double> dq(static_cast<size_t>(s.key_dim)), dk(static_cast<size_t>(s.key_dim));
        const double share = beta[line(i) * s.heads + h];
        double want_beta = 0, total = 0;
        std::vector<double> want_decay(static_cast<size_t>(s.key_dim));
        for (int64_t j = 0; j < s.value_dim; j++) {
          const double d_read = dy[(line(i) * s.heads + h) * s.value_dim + j] * scale;
          double d_change = 0;
          for (int64_t c = 0; c < s.key_dim; c++) {
            const size_t at = static_cast<size_t>(c * s.value_dim + j), channel = static_cast<size_t>(c);
            dq[channel] += state[at] * d_read;
            d_state[at] += q[channel] * d_read;
            d_change += d_state[at] * key[channel];
            dk[channel] += d_state[at] * share * e[static_cast<size_t>(j)];
          }
          want_beta += d_change * e[static_cast<size_t>(j)];
          want_mixed[static_cast<size_t>(v_at(i) + j)] = share * d_change;
          for (int64_t c = 0; c < s.key_dim; c++) {
            const size_t at = static_cast<size_t>(c * s.value_dim + j), channel = static_cast<size_t>(c);
            const double decayed = before[at] * kept(i, c);
            dk[channel] -= decayed * share * d_change;
            d_state[at] -= key[channel] * share * d_change;
            want_decay[channel] += d_state[at] * decayed;
            d_state[at] *= kept(i, c);
          }
        }
        unit_gradient(q_at(i), dq);
        unit_gradient(k_at(i), dk);
        expect_close(d_beta[line(i) * s.heads + h], want_beta, 2e-5, "delta beta gradient");
        for (int64_t c = 0; c < s.key_dim; c++) {
          total += want_decay[static_cast<size_t>(c)];
          if (s.per_channel) expect_close(d_decay[(line(i) * s.heads + h) * s.key_dim + c], want_decay[static_cast<size_t>(c)], 2e-5, "decay gradient");
        }
        if (!s.per_channel) expect_close(d_decay[line(i) * s.heads + h], total, 2e-5, "decay gradient");
      }
    }
    for (int64_t i = 0; i < mixed.size && !s.initial; i++) expect_close(d_mixed[i], want_mixed[static_cast<size_t>(i)], 5e-5, "delta input gradient");
  }
  const int64_t shapes[][3] = {{1, 1, 1}, {7, 3, 1}, {90, 2, 9}};
  for (const auto& [rows, heads, channels] : shapes) {
    const int64_t width = heads * channels;
    Floats x(rows * width, 1), bias(width, 2), rate(heads, 3), y(x.size), dy(x.size, 4), dx(x.size), d_bias(width), d_rate(heads);
    for (int64_t i = 0; i < x.size; i++) x[i] *= 8;
    DecayGate t;
    t.rows = rows, t.heads = heads, t.channels = channels, t.x = x, t.bias = bias, t.rate = rate, t.y = y;
    k.decay_gate(t);
    t.dy = dy, t.dx = dx, t.d_bias = d_bias, t.d_rate = d_rate;
    k.decay_gate_gradient(t);
    std::vector<double> want_bias(static_cast<size_t>(width)), want_rate(static_cast<size_t>(heads));
    for (int64_t i = 0; i < x.size; i++) {
      const int64_t channel = i % width, head = channel / channels;
      const double z = double{x[i]} + bias[channel], factor = -std::exp(double{rate[head]}), value = factor * std::log1p(std::exp(z));
      const double d = dy[i] * factor / (1 + std::exp(-z));
      expect_close(y[i], value, 2e-6, "decay gate");
      expect_close(dx[i], d, 2e-6, "decay gate gradient");
      want_bias[static_cast<size_t>(channel)] += d;
      want_rate[static_cast<size_t>(head)] += dy[i] * value;
    }
    for (int64_t i = 0; i < width; i++) expect_close(d_bias[i], want_bias[static_cast<size_t>(i)], 2e-5, "decay bias gradient");
    for (int64_t i = 0; i < heads; i++) expect_close(d_rate[i], want_rate[static_cast<size_t>(i)], 2e-5, "decay rate gradient");
  }
}

// A recurrence as Mamba defines it, in double: S = exp(dt A) S + dt B x, y = C S + D x, and its gradient by the chain rule.
struct Recurrence {
  int64_t batch, seq, heads, dim, groups, state;
  std::vector<double> y, last, dx, d_raw, db, dc, d_decay, d_skip, d_bias;
  // x(b, t, h, p), raw step(b, t, h), b and c (b, t, g, n), log(-A) (h, n), D and the bias (h), dy(b, t, h, p)
  template <class X, class Raw, class B, class C, class Decay, class Skip, class Dy>
  void run(X x, Raw raw, B bs, C cs, Decay decay, Skip skip, Dy dy, double floor, double ceiling, const float* initial) {
    const auto zero = [](std::vector<double>& v, int64_t n) { v.assign(static_cast<size_t>(n), 0); };
    const int64_t tokens = batch * seq;
    zero(y, tokens * heads * dim), zero(last, batch * heads * dim * state), zero(dx, tokens * heads * dim), zero(d_raw, tokens * heads);
    zero(db, tokens * groups * state), zero(dc, tokens * groups * state), zero(d_decay, heads * state), zero(d_skip, heads), zero(d_bias, heads);
    for (int64_t b = 0; b < batch; b++) for (int64_t h = 0; h < heads; h++) {
      const int64_t g = h / (heads / groups), each = dim * state;
      std::vector<double> states(static_cast<size_t>((seq + 1) * each)), flow(static_cast<size_t>(each));
      const auto softplus = [&](int64_t t) { return std::log1p(std::exp(double{raw(b, t, h)})); };
      const auto dt_of = [&](int64_t t) { return std::min(std::max(softplus(t), floor), ceiling); };
      if (initial) for (int64_t n = 0; n < state; n++) for (int64_t p = 0; p < dim; p++) {
        states[static_cast<size_t>(p * state + n)] = initial[((b * groups + g) * state + n) * (heads / groups) * dim + h % (heads / groups) * dim + p];
      }
      for (int64_t t = 0; t < seq; t++) for (int64_t p = 0; p < dim; p++) {
        double sum = skip(h) * x(b, t, h, p);
        for (int64_t n = 0; n < state; n++) {
          const size_t at = static_cast<size_t>(t * each + p * state + n), next = at + static_cast<size_t>(each);
          states[next] = std::exp(-std::exp(double{decay(h, n)}) * dt_of(t)) * states[at] + dt_of(t) * bs(b, t, g, n) * x(b, t, h, p);
          sum += states[next] * cs(b, t, g, n);
        }
        y[static_cast<size_t>(((b * seq + t) * heads + h) * dim + p)] = sum;
      }
      for (int64_t i = 0; i < each; i++) last[static_cast<size_t>((b * heads + h) * each + i)] = states[static_cast<size_t>(seq * each + i)];
      for (int64_t t = seq - 1; t >= 0; t--) {
        double d_dt = 0;
        for (int64_t p = 0; p < dim; p++) {
          const double in = x(b, t, h, p), d = dy(b, t, h, p);
          double to_x = skip(h) * d;
          d_skip[static_cast<size_t>(h)] += d * in;
          for (int64_t n = 0; n < state; n++) {
            const size_t at = static_cast<size_t>(t * each + p * state + n), of = static_cast<size_t>(((b * seq + t) * groups + g) * state + n);
            const double rate = -std::exp(double{decay(h, n)}), kept = std::exp(rate * dt_of(t));
            double& f = flow[static_cast<size_t>(p * state + n)];
            f += d * cs(b, t, g, n);
            dc[of] += d * states[at + static_cast<size_t>(each)];
            db[of] += f * dt_of(t) * in;
            to_x += f * dt_of(t) * bs(b, t, g, n);
            d_dt += f * (bs(b, t, g, n) * in + rate * kept * states[at]);
            d_decay[static_cast<size_t>(h * state + n)] += f * rate * kept * states[at] * dt_of(t);
            f *= kept;
          }
          dx[static_cast<size_t>(((b * seq + t) * heads + h) * dim + p)] = to_x;
        }
        const double slope = softplus(t) >= floor && softplus(t) <= ceiling ? d_dt * logistic(raw(b, t, h)) : 0;
        d_raw[static_cast<size_t>((b * seq + t) * heads + h)] = slope;
        d_bias[static_cast<size_t>(h)] += slope;
      }
    }
  }
};

void expect_all(const float* actual, const std::vector<double>& expected, double tolerance, const char* what) {
  for (size_t i = 0; i < expected.size(); i++) expect_close(actual[i], expected[i], tolerance, what);
}

void test_ssd() {
  const struct { int64_t batch, seq, heads, dim, groups, state; bool bounded, started; } cases[] = {
      {1, 1, 1, 1, 1, 1, false, false}, {2, 9, 4, 3, 2, 5, false, true}, {1, 64, 2, 8, 1, 4, true, false}, {2, 131, 2, 9, 2, 17, false, false}};
  for (const auto& c : cases) {
    const int64_t inner = c.heads * c.dim, row = inner + 2 * c.groups * c.state, tokens = c.batch * c.seq;
    const int64_t states = c.batch * ((c.seq + kSsdChunk - 1) / kSsdChunk + 1) * inner * c.state;
    Floats xbc(tokens * row, 1), step(tokens * c.heads, 2), bias(c.heads, 3), decay(c.heads, 4), skip(c.heads, 5), dy(tokens * inner, 6);
    Floats y(tokens * inner), steps(tokens * c.heads), sums(tokens * c.heads), kept(states), initial(c.batch * inner * c.state, 7);
    Floats flows(states), d_xbc(xbc.size), d_step(step.size), d_bias(c.heads), d_decay(c.heads), d_skip(c.heads);
    Ssd s;
    s.batch = c.batch, s.seq = c.seq, s.heads = c.heads, s.head_dim = c.dim, s.groups = c.groups, s.state = c.state;
    s.floor = c.bounded ? 0.5f : 0, s.ceiling = c.bounded ? 1.1f : INFINITY, s.initial = c.started ? static_cast<float*>(initial) : nullptr;
    s.xbc = xbc, s.step = step, s.step_bias = bias, s.decay = decay, s.skip = skip, s.y = y, s.steps = steps, s.sums = sums, s.states = kept;
    k.ssd(s);
    s.dy = dy, s.flows = flows, s.d_xbc = d_xbc, s.d_step = d_step, s.d_step_bias = d_bias, s.d_decay = d_decay, s.d_skip = d_skip;
    k.ssd_gradient(s);
    const auto selected = [&](const Floats& from, int64_t first) {
      return [&, first](int64_t b, int64_t t, int64_t g, int64_t n) { return from[(b * c.seq + t) * row + inner + first + g * c.state + n]; };
    };
    const auto by_head = [&](const Floats& from, int64_t width) {
      return [&, width](int64_t b, int64_t t, int64_t h, int64_t p) { return from[(b * c.seq + t) * width + h * c.dim + p]; };
    };
    Recurrence r{c.batch, c.seq, c.heads, c.dim, c.groups, c.state, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    r.run(by_head(xbc, row), [&](int64_t b, int64_t t, int64_t h) { return step[(b * c.seq + t) * c.heads + h] + bias[h]; }, selected(xbc, 0),
          selected(xbc, c.groups * c.state), [&](int64_t h, int64_t) { return decay[h]; }, [&](int64_t h) { return skip[h]; }, by_head(dy, inner),
          s.floor, s.ceiling, s.initial);
    expect_all(y, r.y, 2e-5, "ssd");
    expect_all(d_step, r.d_raw, 1e-4, "ssd step gradient");
    expect_all(d_bias, r.d_bias, 1e-4, "ssd bias gradient");
    expect_all(d_skip, r.d_skip, 1e-4, "ssd skip gradient");
    for (int64_t i = 0; i < tokens; i++) {
      for (int64_t j = 0; j < inner; j++) expect_close(d_xbc[i * row + j], r.dx[static_cast<size_t>(i * inner + j)], 5e-5, "ssd gradient of x");
      for (int64_t j = 0; j < c.groups * c.state; j++) {
        const size_t at = static_cast<size_t>(i * c.groups * c.state + j);
        expect_close(d_xbc[i * row + inner + j], r.db[at], 5e-5, "ssd gradient of B");
        expect_close(d_xbc[i * row + inner + c.groups * c.state + j], r.dc[at], 5e-5, "ssd gradient of C");
      }
    }
    for (int64_t h = 0; h < c.heads; h++) {
      double sum = 0;
      for (int64_t n = 0; n < c.state; n++) sum += r.d_decay[static_cast<size_t>(h * c.state + n)];
      expect_close(d_decay[h], sum, 1e-4, "ssd decay gradient");
    }
  }
}

void test_selective_scan() {
  const struct { int64_t batch, seq, channels, state; bool started; } cases[] = {{1, 1, 1, 1, false}, {2, 9, 5, 3, true}, {1, 32, 16, 4, false}, {2, 70, 67, 2, false}};
  for (const auto& c : cases) {
    const int64_t size = c.batch * c.seq * c.channels, all = c.channels * c.state;
    Floats x(size, 1), step(size, 2), bias(c.channels, 3), bc(2 * c.batch * c.seq * c.state, 4), decay(all, 5), skip(c.channels, 6), dy(size, 7);
    Floats y(size), states(c.batch * ((c.seq + kScanChunk - 1) / kScanChunk + 1) * all), initial(c.batch * all, 8);
    Floats dx(size), d_step(size), d_bias(c.channels), d_bc(bc.size), d_decay(all), d_skip(c.channels);
    SelectiveScan s;
    s.batch = c.batch, s.seq = c.seq, s.channels = c.channels, s.state = c.state, s.initial = c.started ? static_cast<float*>(initial) : nullptr;
    s.x = x, s.step = step, s.step_bias = bias, s.bc = bc, s.decay = decay, s.skip = skip, s.y = y, s.states = states;
    k.selective_scan(s);
    s.dy = dy, s.d_x = dx, s.d_step = d_step, s.d_step_bias = d_bias, s.d_bc = d_bc, s.d_decay = d_decay, s.d_skip = d_skip;
    k.selective_scan_gradient(s);
    const auto channel = [&](const Floats& from) { return [&](int64_t b, int64_t t, int64_t h, int64_t) { return from[(b * c.seq + t) * c.channels + h]; }; };
    const auto selected = [&](int64_t first) { return [&, first](int64_t b, int64_t t, int64_t, int64_t n) { return bc[(b * c.seq + t) * 2 * c.state + first + n]; }; };
    Recurrence r{c.batch, c.seq, c.channels, 1, 1, c.state, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    r.run(channel(x), [&](int64_t b, int64_t t, int64_t h) { return step[(b * c.seq + t) * c.channels + h] + bias[h]; }, selected(0), selected(c.state),
          [&](int64_t h, int64_t n) { return decay[h * c.state + n]; }, [&](int64_t h) { return skip[h]; }, channel(dy), 0, INFINITY, s.initial);
    expect_all(y, r.y, 2e-5, "selective scan");
    expect_all(dx, r.dx, 5e-5, "scan gradient of x");
    expect_all(d_step, r.d_raw, 1e-4, "scan step gradient");
    expect_all(d_bias, r.d_bias, 1e-4, "scan bias gradient");
    expect_all(d_decay, r.d_decay, 1e-4, "scan decay gradient");
    expect_all(d_skip, r.d_skip, 1e-4, "scan skip gradient");
    for (int64_t i = 0; i < c.batch * c.seq; i++) for (int64_t n = 0; n < c.state; n++) {
      expect_close(d_bc[i * 2 * c.state + n], r.db[static_cast<size_t>(i * c.state + n)], 1e-4, "scan gradient of B");
      expect_close(d_bc[i * 2 * c.state + c.state + n], r.dc[static_cast<size_t>(i * c.state + n)], 1e-4, "scan gradient of C");
    }
  }
}

// Many short jobs from two threads at once, while the number of threads changes.
void test_pool() {
  const auto count_to = [](int64_t n) {
    std::vector<int> seen(static_cast<size_t>(n));
    run_tasks(n, [](void* context, int64_t i) { (*static_cast<std::vector<int>*>(context))[static_cast<size_t>(i)]++; }, &seen);
    for (const int each : seen) expect_close(each, 1, 0, "task run once");
  };
  for (const int threads : {1, 4, 2, 3}) {
    set_thread_count(threads);
    std::thread other([&] { for (int i = 0; i < 300; i++) count_to(i % 7); });
    for (int i = 0; i < 300; i++) count_to(i % 11);
    other.join();
    // Long enough for the helpers to fall asleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    count_to(50);
  }
}

// Mistakes made on purpose, for the test of the sanitizers: 1 reads past an end, 2 overflows, 3 writes one place from two tasks.
void make_mistake(int kind) {
  if (kind == 1) {
    Floats few(5, 1);
    volatile float beyond = static_cast<float*>(few)[few.size];
    (void)beyond;
  } else if (kind == 2) {
    volatile int32_t largest = 2147483647, beyond = largest + 1;
    (void)beyond;
  } else {
    volatile float shared = 0;
    run_tasks(2, [](void* context, int64_t) { auto& place = *static_cast<volatile float*>(context); place = place + 1; }, const_cast<float*>(&shared));
  }
}

}  // namespace

int main(int argc, char** argv) {
  test_pool();
  set_thread_count(3);
#ifdef SUPRA_STRANGER_THREADS
  stranger_threads = true;
#endif
  if (argc > 1) make_mistake(std::atoi(argv[1]));
  test_matrix_product();
  test_attention();
  test_norms();
  test_elementwise();
  test_tables();
  test_training();
  test_masked_softmax();
  test_delta();
  test_convolution();
  test_gated_norm();
  test_ssd();
  test_selective_scan();
  std::printf("%s, %d floats per vector: %d failures\n", k.name, k.width, failures);
  return failures == 0 ? 0 : 1;
}
