// What only training and evaluation need: cross-entropy over a vocabulary, AdamW, the norm of the gradients.

namespace supra {
namespace {

// Turns a row of raw logits into its loss, and into the gradient of loss * factor when `gradient` is set.
inline float cross_entropy_row(int64_t vocab, float* row, int32_t target, float softcap, bool gradient, float factor) {
  if (target < 0) {
    if (gradient) __builtin_memset(row, 0, vocab * sizeof(float));
    return 0;
  }
  Vector largest = splat(-INFINITY);
  const int64_t whole = vocab / kWidth * kWidth;
  for (int64_t i = 0; i < whole; i += kWidth) {
    Vector v = load(row + i);
    if (softcap > 0) {
      v = hyperbolic_tangent(v / softcap) * softcap;
      store(row + i, v);
    }
    largest = maximum(v, largest);
  }
  if (whole < vocab) {
    Vector v = load_part(row + whole, vocab - whole, -INFINITY);
    if (softcap > 0) {
      v = hyperbolic_tangent(load_part(row + whole, vocab - whole) / softcap) * softcap;
      store_part(row + whole, v, vocab - whole);
      v = load_part(row + whole, vocab - whole, -INFINITY);
    }
    largest = maximum(v, largest);
  }
  const float peak = max_of(largest), chosen = row[target];
  // The derivative of the cap needs the logits, which the exponentials would overwrite.
  const bool keep = softcap > 0;
  Vector sums{};
  for (int64_t i = 0; i < whole; i += kWidth) {
    const Vector e = exponential(load(row + i) - peak);
    if (!keep) store(row + i, e);
    sums += e;
  }
  float sum = sum_of(sums);
  for (int64_t i = whole; i < vocab; i++) {
    const float e = exponential(splat(row[i] - peak))[0];
    if (!keep) row[i] = e;
    sum += e;
  }
  const float loss = std::log(sum) + peak - chosen;
  if (!gradient) return loss;
  const float share = factor / sum;
  if (keep) {
    const auto slope = [&](Vector z) { return exponential(z - peak) * share; };
    const auto cap = [&](Vector z) { return 1.0f - (z / softcap) * (z / softcap); };
    for_vectors(vocab, [&](int64_t i, auto get, auto put) { put(row + i, slope(get(row + i)) * cap(get(row + i))); });
    row[target] -= factor * (1 - chosen / softcap * (chosen / softcap));
  } else {
    for_vectors(vocab, [&](int64_t i, auto get, auto put) { put(row + i, get(row + i) * share); });
    row[target] -= factor;
  }
  return loss;
}

void cross_entropy(const CrossEntropy& t) {
  const bool gradient = t.d_x != nullptr || t.d_weight != nullptr;
  int64_t valid = 0;
  for (int64_t i = 0; i < t.tokens; i++) valid += t.targets[i] >= 0;
  const float factor = valid > 0 ? 1.0f / static_cast<float>(valid) : 0;
  // As many tokens as their logits fit into about 16 MiB: the weight is read and its gradient read and written once per chunk, the
  // logits stay in the last cache if it is large. Half as many cost 6 % more time (Zen 3), twice as many only memory.
  const int64_t chunk = least(most<int64_t>(1, t.tokens), most<int64_t>(48, (int64_t{4} << 20) / most<int64_t>(1, t.vocab) / 48 * 48));
  float* const logits = scratch(Scratch::logits, chunk * t.vocab + 1);
  if (t.tokens == 0 && t.d_weight) __builtin_memset(t.d_weight, 0, t.vocab * t.hidden * sizeof(float));
  for (int64_t first = 0; first < t.tokens; first += chunk) {
    const int64_t tokens = least(chunk, t.tokens - first);
    MatrixProduct p;
    p.bf16 = t.bf16;
    p.rows = tokens, p.columns = t.vocab, p.depth = t.hidden;
    p.a = t.x + first * t.hidden, p.a_row = t.hidden, p.a_depth = 1;
    p.b = t.weight, p.b_depth = 1, p.b_column = t.hidden;
    p.c = logits, p.c_row = t.vocab;
    matrix_product(p);
    parallel(tokens, [&](int64_t i) {
      t.losses[first + i] = cross_entropy_row(t.vocab, logits + i * t.vocab, t.targets[first + i], t.softcap, gradient, factor);
    });
    if (t.d_x) {
      p = MatrixProduct{};
      p.bf16 = t.bf16;
      p.rows = tokens, p.columns = t.hidden, p.depth = t.vocab;
      p.a = logits, p.a_row = t.vocab, p.a_depth = 1;
      p.b = t.weight, p.b_depth = t.hidden, p.b_column = 1;
      p.c = t.d_x + first * t.hidden, p.c_row = t.hidden;
      matrix_product(p);
    }
    if (t.d_weight) {
      p = MatrixProduct{};
      p.bf16 = t.bf16;
      p.rows = t.vocab, p.columns = t.hidden, p.depth = tokens;
      p.a = logits, p.a_row = 1, p.a_depth = t.vocab;
      p.b = t.x + first * t.hidden, p.b_depth = t.hidden, p.b_column = 1;
      p.c = t.d_weight, p.c_row = t.hidden;
      p.accumulate = first > 0;
      matrix_product(p);
    }
  }
}

void adamw(const AdamwTensor* tensors, int64_t count, const AdamwSettings& s) {
  constexpr int64_t grain = 32768;
  int64_t pieces = 0;
  for (int64_t i = 0; i < count; i++) pieces += ceil_div(tensors[i].size, grain);
  const float beta1 = static_cast<float>(s.beta1), beta2 = static_cast<float>(s.beta2);
  const float rest1 = static_cast<float>(1 - s.beta1), rest2 = static_cast<float>(1 - s.beta2);
  const float rate = static_cast<float>(s.learning_rate / (1 - std::pow(s.beta1, s.step)));
  const float root = static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, s.step)));
  const float epsilon = static_cast<float>(s.epsilon), scale = static_cast<float>(s.gradient_scale);
  parallel(pieces, [&](int64_t piece) {
    const AdamwTensor* t = tensors;
    while (piece >= ceil_div(t->size, grain)) piece -= ceil_div((t++)->size, grain);
    const int64_t begin = piece * grain, size = least(grain, t->size - begin);
    const float keep = static_cast<float>(1 - s.learning_rate * t->decay);
    float *const p = t->parameter + begin, *const first = t->first + begin, *const second = t->second + begin;
    const float* const gradient = t->gradient + begin;
    for_vectors(size, [&](int64_t i, auto get, auto put) {
      const Vector g = get(gradient + i) * scale;
      const Vector m = get(first + i) * beta1 + g * rest1;
      const Vector v = get(second + i) * beta2 + g * g * rest2;
      put(first + i, m);
      put(second + i, v);
      put(p + i, get(p + i) * keep - m * rate / (square_root(v) * root + epsilon));
    });
  });
}

double sum_of_squares(int64_t size, const float* x) {
  const int64_t pieces = ceil_div(size, kGrain);
  double* const partials = reinterpret_cast<double*>(scratch(Scratch::partials, 2 * pieces + 2));
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    double total = 0;
    // Short fp32 runs inside a double sum: neither slow nor lossy.
    for (int64_t i = begin; i < end; i += 512) total += dot<Plain>(least<int64_t>(512, end - i), x + i, x + i);
    partials[begin / kGrain] = total;
  });
  double total = 0;
  for (int64_t i = 0; i < pieces; i++) total += partials[i];
  return total;
}

}  // namespace
}  // namespace supra
