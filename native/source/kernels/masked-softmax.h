// Softmax of scores under a mask that all heads share, with its gradient.

namespace supra {
namespace {

void masked_softmax(const MaskedSoftmax& t) {
  parallel_ranges(t.batch * t.heads * t.seq, rows_per_task(t.key_seq), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* const scores = t.scores + row * t.key_seq;
      const float* const mask = t.mask + (row / (t.heads * t.seq) * t.seq + row % t.seq) * t.key_seq;
      float* const weights = t.weights + row * t.key_seq;
      Vector largest = splat(-INFINITY);
      for_vectors(t.key_seq, [&](int64_t i, auto get, auto put) {
        const Vector score = get(scores + i) * t.scale + get(mask + i, -INFINITY);
        put(weights + i, score);
        largest = maximum(score, largest);
      });
      const float peak = max_of(largest);
      Vector sum{};
      for_vectors(t.key_seq, [&](int64_t i, auto get, auto put) {
        const Vector weight = exponential(get(weights + i, -INFINITY) - peak);
        put(weights + i, weight);
        sum += weight;
      });
      const float share = 1 / sum_of(sum);
      for_vectors(t.key_seq, [&](int64_t i, auto get, auto put) { put(weights + i, get(weights + i) * share); });
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
      for_vectors(t.key_seq, [&](int64_t i, auto get, auto) { products += get(weights + i) * get(slope + i); });
      const float mean = sum_of(products);
      for_vectors(t.key_seq, [&](int64_t i, auto get, auto put) {
        put(d_scores + i, get(weights + i) * (get(slope + i) - mean) * t.scale);
      });
    }
  });
}

}  // namespace
}  // namespace supra
