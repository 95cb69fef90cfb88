// Depthwise causal convolution along the sequence, with SiLU behind it if wanted, and its gradient.

namespace supra {
namespace {

// Each piece of a sequence sums its part of the weight gradient, and the parts are added in order; blocks of a piece keep
// the gradients before the activation in scratch memory.
constexpr int64_t kConvolutionPiece = 256;
constexpr int64_t kConvolutionBlock = 32;

// Row `position` of a sequence; before its start the history, which may be missing (zeros, null here).
inline const float* convolution_row(const Convolution& c, int64_t sequence, int64_t position) {
  if (position >= 0) return c.x + (sequence * c.seq + position) * c.channels;
  const int64_t past = c.taps - 1;
  return c.history && position >= -past ? c.history + (sequence * past + past + position) * c.channels : nullptr;
}

// The weights as [taps, channels].
inline const float* taps_across(const Convolution& c) {
  float* const across = scratch(Scratch::rows, c.taps * c.channels);
  for (int64_t channel = 0; channel < c.channels; channel++) {
    for (int64_t tap = 0; tap < c.taps; tap++) across[tap * c.channels + channel] = c.weight[channel * c.taps + tap];
  }
  return across;
}

// Σ_j w_j x_(t - taps + 1 + j) + bias, one row.
inline void convolve_row(const Convolution& c, const float* weight, int64_t sequence, int64_t position, float* out) {
  for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(out + i, c.bias ? get(c.bias + i) : Vector{}); });
  for (int64_t tap = 0; tap < c.taps; tap++) {
    const float* const row = convolution_row(c, sequence, position - c.taps + 1 + tap);
    if (!row) continue;
    const float* const w = weight + tap * c.channels;
    for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(out + i, get(out + i) + get(w + i) * get(row + i)); });
  }
}

void convolution(const Convolution& c) {
  const float* const weight = taps_across(c);
  const int64_t rows = c.batch * c.seq;
  parallel_ranges(rows, most<int64_t>(1, 32768 / most<int64_t>(1, c.channels)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      float* const y = c.y + row * c.channels;
      convolve_row(c, weight, row / c.seq, row % c.seq, y);
      if (!c.silu) continue;
      for_vectors(c.channels, [&](int64_t i, auto get, auto put) {
        const Vector v = get(y + i);
        put(y + i, v * logistic(v));
      });
    }
  });
}

// With g the gradient before the activation: dx_t = Σ_j w_j g_(t + taps - 1 - j), dw_j = Σ_t g_t x_(t - taps + 1 + j), dbias = Σ g.
// The history gets no gradient: decoding has none.
void convolution_gradient(const Convolution& c) {
  const float* const weight = taps_across(c);
  const int64_t pieces_each = ceil_div(c.seq, kConvolutionPiece), pieces = c.batch * pieces_each;
  const int64_t sums = (c.taps + 1) * c.channels;  // of the weight, as [taps, channels], then of the bias
  float* const partials = scratch(Scratch::partials, pieces * sums + 1);
  parallel(pieces, [&](int64_t piece) {
    const int64_t sequence = piece / pieces_each, first = piece % pieces_each * kConvolutionPiece;
    const int64_t last = least(c.seq, first + kConvolutionPiece);
    float* const total = partials + piece * sums;
    for (int64_t i = 0; i < sums; i++) total[i] = 0;
    float* const slopes = scratch(Scratch::attention, (kConvolutionBlock + c.taps) * c.channels);
    for (int64_t begin = first; begin < last; begin += kConvolutionBlock) {
      const int64_t end = least(last, begin + kConvolutionBlock), reach = least(c.seq, end + c.taps - 1);
      for (int64_t t = begin; t < reach; t++) {
        float* const g = slopes + (t - begin) * c.channels;
        const float* const dy = c.dy + (sequence * c.seq + t) * c.channels;
        if (!c.silu) {
          for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(g + i, get(dy + i)); });
          continue;
        }
        convolve_row(c, weight, sequence, t, g);
        for_vectors(c.channels, [&](int64_t i, auto get, auto put) {
          const Vector v = get(g + i), s = logistic(v);
          put(g + i, get(dy + i) * s * (1.0f + v * (1.0f - s)));
        });
      }
      for (int64_t t = begin; t < end; t++) {
        float* const dx = c.dx + (sequence * c.seq + t) * c.channels;
        const float* const g = slopes + (t - begin) * c.channels;
        for_vectors(c.channels, [&](int64_t i, auto, auto put) { put(dx + i, Vector{}); });
        for (int64_t tap = 0; tap < c.taps; tap++) {
          const float* const w = weight + tap * c.channels;
          const int64_t later = t + c.taps - 1 - tap;
          if (later < c.seq) {
            const float* const from = slopes + (later - begin) * c.channels;
            for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(dx + i, get(dx + i) + get(w + i) * get(from + i)); });
          }
          const float* const row = convolution_row(c, sequence, t - c.taps + 1 + tap);
          if (!row) continue;
          float* const dw = total + tap * c.channels;
          for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(dw + i, get(dw + i) + get(g + i) * get(row + i)); });
        }
        float* const db = total + c.taps * c.channels;
        for_vectors(c.channels, [&](int64_t i, auto get, auto put) { put(db + i, get(db + i) + get(g + i)); });
      }
    }
  });
  for (int64_t piece = 1; piece < pieces; piece++) {
    const float* const from = partials + piece * sums;
    for_vectors(sums, [&](int64_t i, auto get, auto put) { put(partials + i, get(partials + i) + get(from + i)); });
  }
  for (int64_t channel = 0; channel < c.channels; channel++) {
    for (int64_t tap = 0; tap < c.taps; tap++) {
      c.d_weight[channel * c.taps + tap] = pieces > 0 ? partials[tap * c.channels + channel] : 0;
    }
    if (c.d_bias) c.d_bias[channel] = pieces > 0 ? partials[c.taps * c.channels + channel] : 0;
  }
}

}  // namespace
}  // namespace supra
