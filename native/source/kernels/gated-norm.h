// Root mean square norm with a gate, over equal groups of the last dimension, with its gradient.

namespace supra {
namespace {

template <bool kSigmoid>
inline Vector open_gate(Vector z) { return kSigmoid ? logistic(z) : z * logistic(z); }
template <bool kSigmoid>
inline Vector gate_slope(Vector z) {
  const Vector s = logistic(z);
  return kSigmoid ? s * (1.0f - s) : s * (1.0f + z * (1.0f - s));
}

template <bool kSigmoid>
inline void gated_norm_forward(const GatedNorm& n) {
  const int64_t size = n.dim / n.groups;
  parallel_ranges(n.rows, rows_per_task(n.dim), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * n.groups; row < end * n.groups; row++) {
      const float *const x = n.x + row * size, *const z = n.gate + row * size, *const w = n.weight + row % n.groups * size;
      float* const y = n.y + row * size;
      Vector squares{};
      for_vectors(size, [&](int64_t i, auto get, auto put) {
        const Vector u = n.gate_first ? get(x + i) * open_gate<kSigmoid>(get(z + i)) : get(x + i);
        put(y + i, u);
        squares += u * u;
      });
      const float scale = 1 / std::sqrt(sum_of(squares) / size + n.epsilon);
      n.scale[row] = scale;
      for_vectors(size, [&](int64_t i, auto get, auto put) {
        const Vector v = get(y + i) * scale * get(w + i);
        put(y + i, n.gate_first ? v : v * open_gate<kSigmoid>(get(z + i)));
      });
    }
  });
}

// u is what is normalized: x a(z) or x. With û = u scale and g the gradient that reaches it: du = scale (g - û mean(g û)).
template <bool kSigmoid>
inline void gated_norm_backward(const GatedNorm& n) {
  const int64_t size = n.dim / n.groups;
  const int64_t per_piece = most<int64_t>(1, ceil_div(n.rows, kNormPieces)), pieces = ceil_div(n.rows, per_piece);
  float* const partials = scratch(Scratch::partials, pieces * n.dim + 1);
  parallel(pieces, [&](int64_t piece) {
    float* const d_weight = partials + piece * n.dim;
    for (int64_t i = 0; i < n.dim; i++) d_weight[i] = 0;
    for (int64_t row = piece * per_piece * n.groups; row < least(n.rows, (piece + 1) * per_piece) * n.groups; row++) {
      const int64_t at = row * size, within = row % n.groups * size;
      const float *const x = n.x + at, *const z = n.gate + at, *const dy = n.dy + at, *const w = n.weight + within;
      float *const dx = n.dx + at, *const dz = n.d_gate + at, *const dw = d_weight + within;
      const float scale = n.scale[row];
      Vector products{};
      for_vectors(size, [&](int64_t i, auto get, auto put) {
        const Vector open = open_gate<kSigmoid>(get(z + i));
        const Vector normal = (n.gate_first ? get(x + i) * open : get(x + i)) * scale;
        const Vector reaches = n.gate_first ? get(dy + i) : get(dy + i) * open;
        put(dw + i, get(dw + i) + reaches * normal);
        products += reaches * get(w + i) * normal;
      });
      const float product = sum_of(products) / size;
      for_vectors(size, [&](int64_t i, auto get, auto put) {
        const Vector gate = get(z + i), open = open_gate<kSigmoid>(gate), slope = gate_slope<kSigmoid>(gate);
        const Vector in = get(x + i), d = get(dy + i) * get(w + i);
        if (n.gate_first) {
          const Vector du = (d - in * open * scale * product) * scale;
          put(dx + i, du * open);
          put(dz + i, du * in * slope);
        } else {
          put(dx + i, (d * open - in * scale * product) * scale);
          put(dz + i, d * in * scale * slope);
        }
      });
    }
  });
  for (int64_t i = 0; i < n.dim; i++) n.d_weight[i] = 0;
  for (int64_t piece = 0; piece < pieces; piece++) {
    const float* const from = partials + piece * n.dim;
    for (int64_t i = 0; i < n.dim; i++) n.d_weight[i] += from[i];
  }
}

void gated_norm(const GatedNorm& n) { n.sigmoid ? gated_norm_forward<true>(n) : gated_norm_forward<false>(n); }
void gated_norm_gradient(const GatedNorm& n) { n.sigmoid ? gated_norm_backward<true>(n) : gated_norm_backward<false>(n); }

}  // namespace
}  // namespace supra
