// Root mean square norm and layer norm over the last dimension, with gradients.

namespace supra {
namespace {

// Rows are cut into at most this many pieces; each sums its part of the weight gradient, and the parts are added in
// order. The number is fixed so that the result does not depend on the threads.
constexpr int64_t kNormPieces = 32;

inline int64_t rows_per_task(int64_t dim) { return most<int64_t>(1, 8192 / most<int64_t>(1, dim)); }

inline float weight_at(const Norm& n, int64_t i) { return n.weight ? (n.unit_offset ? n.weight[i] + 1 : n.weight[i]) : 1; }

// The factors of a row, made once per call: 1, weight or 1 + weight.
inline const float* effective_weight(const Norm& n) {
  float* const all = scratch(Scratch::rows, n.dim);
  for (int64_t i = 0; i < n.dim; i++) all[i] = weight_at(n, i);
  return all;
}

void rms_norm(const Norm& n) {
  const float* const weight = effective_weight(n);
  parallel_ranges(n.rows, rows_per_task(n.dim), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* const x = n.x + row * n.dim;
      float* const y = n.y + row * n.dim;
      const float scale = 1 / std::sqrt(dot<Plain>(n.dim, x, x) / n.dim + n.epsilon);
      n.scale[row] = scale;
      for_vectors(n.dim, [&](int64_t i, auto get, auto put) { put(y + i, get(x + i) * scale * get(weight + i)); });
    }
  });
}

void layer_norm(const Norm& n) {
  const float* const weight = effective_weight(n);
  parallel_ranges(n.rows, rows_per_task(n.dim), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* const x = n.x + row * n.dim;
      float* const y = n.y + row * n.dim;
      Vector sums{};
      for_vectors(n.dim, [&](int64_t i, auto get, auto) { sums += get(x + i); });
      const float mean = sum_of(sums) / n.dim;
      for_vectors(n.dim, [&](int64_t i, auto get, auto put) { put(y + i, get(x + i) - mean); });
      const float scale = 1 / std::sqrt(dot<Plain>(n.dim, y, y) / n.dim + n.epsilon);
      n.mean[row] = mean;
      n.scale[row] = scale;
      for_vectors(n.dim, [&](int64_t i, auto get, auto put) {
        Vector v = get(y + i) * scale * get(weight + i);
        if (n.bias) v += get(n.bias + i);
        put(y + i, v);
      });
    }
  });
}

// dx = scale (g - [mean g] - x̂ mean(g x̂)) with g = dy w and x̂ the normalized x; the middle term only with `centred`.
template <bool kCentred>
inline void norm_gradient(const Norm& n) {
  const float* const weight = effective_weight(n);
  const int64_t per_piece = most<int64_t>(1, ceil_div(n.rows, kNormPieces)), pieces = ceil_div(n.rows, per_piece);
  const bool sums_weight = n.d_weight != nullptr, sums_bias = n.d_bias != nullptr;
  float* const partials = scratch(Scratch::partials, 2 * pieces * n.dim + 1);
  parallel(pieces, [&](int64_t piece) {
    float *const d_weight = partials + 2 * piece * n.dim, *const d_bias = d_weight + n.dim;
    for (int64_t i = 0; i < 2 * n.dim; i++) d_weight[i] = 0;
    for (int64_t row = piece * per_piece; row < least(n.rows, (piece + 1) * per_piece); row++) {
      const float *const x = n.x + row * n.dim, *const dy = n.dy + row * n.dim;
      const float scale = n.scale[row], mean = kCentred ? n.mean[row] : 0;
      Vector products{}, sums{};
      for_vectors(n.dim, [&](int64_t i, auto get, auto put) {
        const Vector normalized = (get(x + i) - mean) * scale, d = get(dy + i), g = d * get(weight + i);
        products += g * normalized;
        sums += g;
        if (sums_weight) put(d_weight + i, get(d_weight + i) + d * normalized);
        if (sums_bias) put(d_bias + i, get(d_bias + i) + d);
      });
      if (!n.dx) continue;
      float* const dx = n.dx + row * n.dim;
      const float product = sum_of(products) / n.dim, centre = kCentred ? sum_of(sums) / n.dim : 0;
      for_vectors(n.dim, [&](int64_t i, auto get, auto put) {
        const Vector normalized = (get(x + i) - mean) * scale;
        const Vector d = (get(dy + i) * get(weight + i) - centre - normalized * product) * scale;
        put(dx + i, n.accumulate ? get(dx + i) + d : d);
      });
    }
  });
  const auto add_up = [&](float* to, int64_t offset) {
    for (int64_t i = 0; i < n.dim; i++) to[i] = 0;
    for (int64_t piece = 0; piece < pieces; piece++) {
      const float* const from = partials + 2 * piece * n.dim + offset;
      for (int64_t i = 0; i < n.dim; i++) to[i] += from[i];
    }
  };
  if (sums_weight) add_up(n.d_weight, 0);
  if (sums_bias) add_up(n.d_bias, n.dim);
}

void rms_norm_gradient(const Norm& n) { norm_gradient<false>(n); }
void layer_norm_gradient(const Norm& n) { norm_gradient<true>(n); }

}  // namespace
}  // namespace supra
