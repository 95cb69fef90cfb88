// Softmax of scores under a mask that all heads share, with its gradient.

namespace supra {
namespace {

// Calls body(at, load) for the vectors of a row; load(p, fill) takes `fill` where the row has ended.
template <class Body>
inline void for_row(int64_t size, const Body& body) {
  for (int64_t i = 0; i < size; i += kWidth) {
    const int64_t count = size - i;
    body(i, [count](const float* p, float fill) { return count >= kWidth ? load(p) : load_part(p, count, fill); },
         [count](float* p, Vector v) { count >= kWidth ? store(p, v) : store_part(p, v, count); });
  }
}

void masked_softmax(const MaskedSoftmax& t) {
  parallel_ranges(t.batch * t.heads * t.seq, rows_per_task(t.key_seq), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* const scores = t.scores + row * t.key_seq;
      const float* const mask = t.mask + (row / (t.heads * t.seq) * t.seq + row % t.seq) * t.key_seq;
      float* const weights = t.weights + row * t.key_seq;
      Vector largest = splat(-INFINITY);
      for_row(t.key_seq, [&](int64_t i, auto get, auto put) {
        const Vector score = get(scores + i, 0) * t.scale + get(mask + i, -INFINITY);
        put(weights + i, score);
        largest = maximum(score, largest);
      });
      const float peak = max_of(largest);
      Vector sum{};
      for_row(t.key_seq, [&](int64_t i, auto get, auto put) {
        const Vector weight = exponential(get(weights + i, -INFINITY) - peak);
        put(weights + i, weight);
        sum += weight;
      });
      const float share = 1 / sum_of(sum);
      for_row(t.key_seq, [&](int64_t i, auto get, auto put) { put(weights + i, get(weights + i, 0) * share); });
    }
  });
}

// ds = scale w (dw - Σ_j dw_j w_j)
void masked_softmax_gradient(const MaskedSoftmax& t) {
  parallel_ranges(t.batch * t.heads * t.seq, rows_per_task(t.key_seq), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float *const weights = t.weights + row * t.key_seq, *const slope = t.d_weights + row * t.key_seq;
      float* const d_scores = t.d_scores + row * t.key_seq;
      Vector products{};
      for_row(t.key_seq, [&](int64_t i, auto get, auto) { products += get(weights + i, 0) * get(slope + i, 0); });
      const float mean = sum_of(products);
      for_row(t.key_seq, [&](int64_t i, auto get, auto put) {
        put(d_scores + i, get(weights + i, 0) * (get(slope + i, 0) - mean) * t.scale);
      });
    }
  });
}

}  // namespace
}  // namespace supra
