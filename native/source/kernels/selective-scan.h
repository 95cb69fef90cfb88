// The selective scan of Mamba-1: per channel d and state n
//   h_t = exp(dt_t A) h_(t - 1) + dt_t B_t x_t,   y_t = Σ_n C_t h_t + D x_t,   dt = softplus(step + bias),   A = -exp(decay).
// A vector holds neighbouring channels and runs along the tokens; the state before every kScanChunk tokens is kept, and the
// gradient makes those between again.

namespace supra {
namespace {

constexpr int64_t kScanChannels = 64;  // channels of one task: a whole number of vectors

// log(1 + e^x) = max(x, 0) + log1p(u) with u = e^-|x|, and log1p(u) = 2 artanh(u / (2 + u)), whose argument is at most 1/3.
inline Vector soft_plus(Vector x) {
  const Vector u = exponential(-absolute(x)), z = u / (u + 2.0f), s = z * z;
  Vector p = s * (1.0f / 15) + 1.0f / 13;
  p = p * s + 1.0f / 11;
  p = p * s + 1.0f / 9;
  p = p * s + 1.0f / 7;
  p = p * s + 1.0f / 5;
  p = p * s + 1.0f / 3;
  p = p * s + 1.0f;
  return maximum(x, Vector{}) + 2.0f * z * p;
}

// Runs body(first channel, load, store) for the vectors of one task's channels.
template <class Body>
inline void for_scan_vectors(const SelectiveScan& s, int64_t block, const Body& body) {
  const int64_t first = block * kScanChannels;
  for_vectors(least(kScanChannels, s.channels - first), [&](int64_t i, auto get, auto put) { body(first + i, get, put); });
}

// A of the channels of a vector, one vector per state.
inline int64_t lanes_at(const SelectiveScan& s, int64_t channel) { return least<int64_t>(kWidth, s.channels - channel); }
inline void load_rates(const SelectiveScan& s, int64_t channel, float* rates) {
  for (int64_t n = 0; n < s.state; n++) {
    float lanes[kWidth] = {};
    for (int64_t i = 0; i < lanes_at(s, channel); i++) lanes[i] = s.decay[(channel + i) * s.state + n];
    store(rates + n * kWidth, -exponential(load(lanes)));
  }
}

void selective_scan(const SelectiveScan& s) {
  const int64_t blocks = ceil_div(s.channels, kScanChannels), chunks = ceil_div(s.seq, kScanChunk), size = s.state * s.channels;
  parallel(s.batch * blocks, [&](int64_t task) {
    const int64_t batch = task / blocks;
    float* const rates = scratch(Scratch::scan, 2 * s.state * kWidth);
    float* const h = rates + s.state * kWidth;
    for_scan_vectors(s, task % blocks, [&](int64_t channel, auto get, auto put) {
      load_rates(s, channel, rates);
      float* const kept = s.states + batch * (chunks + 1) * size + channel;
      for (int64_t n = 0; n < s.state; n++) {
        store(h + n * kWidth, s.initial ? get(s.initial + batch * size + n * s.channels + channel) : Vector{});
      }
      const Vector bias = get(s.step_bias + channel), skip = get(s.skip + channel);
      for (int64_t t = 0; t < s.seq; t++) {
        if (t % kScanChunk == 0) {
          for (int64_t n = 0; n < s.state; n++) put(kept + t / kScanChunk * size + n * s.channels, load(h + n * kWidth));
        }
        const int64_t token = batch * s.seq + t, at = token * s.channels + channel;
        const float *const b = s.bc + token * 2 * s.state, *const c = b + s.state;
        const Vector x = get(s.x + at), dt = soft_plus(get(s.step + at) + bias), in = dt * x;
        Vector y = skip * x;
        for (int64_t n = 0; n < s.state; n++) {
          const Vector next = exponential(dt * load(rates + n * kWidth)) * load(h + n * kWidth) + in * b[n];
          store(h + n * kWidth, next);
          y += next * c[n];
        }
        put(s.y + at, y);
      }
      for (int64_t n = 0; n < s.state; n++) put(kept + chunks * size + n * s.channels, load(h + n * kWidth));
    });
  });
}

// With g_t = C_t dy_t + exp(dt_(t + 1) A) g_(t + 1): dB = g dt x, dC = h dy, dx = Σ g dt B + D dy, and a = exp(dt A) gets g h_(t - 1).
void selective_scan_gradient(const SelectiveScan& s) {
  const int64_t blocks = ceil_div(s.channels, kScanChannels), chunks = ceil_div(s.seq, kScanChunk), size = s.state * s.channels;
  const int64_t vectors = kScanChannels / kWidth, lanes = s.state * kWidth, selected = 2 * s.state;
  // Per block of channels its part of dB and dC; per batch entry its part of the gradients of A, the bias and D.
  const int64_t bc_size = s.batch * s.seq * selected, own_size = s.channels * (s.state + 2);
  float* const bc_parts = scratch(Scratch::partials, blocks * bc_size + s.batch * own_size + 1);
  float* const own_parts = bc_parts + blocks * bc_size;
  parallel(s.batch * blocks, [&](int64_t task) {
    const int64_t batch = task / blocks, block = task % blocks;
    float* next = scratch(Scratch::scan, (1 + kScanChunk + 1 + kScanChunk) * lanes + 2 * kScanChunk * lanes + 2 * vectors * lanes +
                                             2 * vectors * kWidth);
    const auto take = [&next](int64_t floats) {
      float* const taken = next;
      next += floats;
      return taken;
    };
    float *const rates = take(lanes), *const h = take((kScanChunk + 1) * lanes), *const a = take(kScanChunk * lanes);
    float* const d_selected = take(2 * kScanChunk * lanes);  // [tokens, B then C, lanes], summed over the vectors
    float *const flow = take(vectors * lanes), *const d_rates = take(vectors * lanes);
    float *const d_bias = take(vectors * kWidth), *const d_skip = take(vectors * kWidth);
    for (int64_t i = 0; i < vectors * lanes; i++) flow[i] = d_rates[i] = 0;
    for (int64_t i = 0; i < vectors * kWidth; i++) d_bias[i] = d_skip[i] = 0;
    for (int64_t chunk = chunks - 1; chunk >= 0; chunk--) {
      const int64_t first = chunk * kScanChunk, count = least(kScanChunk, s.seq - first);
      for (int64_t i = 0; i < count * 2 * lanes; i++) d_selected[i] = 0;
      for_scan_vectors(s, block, [&](int64_t channel, auto get, auto put) {
        const int64_t vector = (channel - block * kScanChannels) / kWidth;
        float *const g = flow + vector * lanes, *const d_rate = d_rates + vector * lanes;
        load_rates(s, channel, rates);
        const Vector bias = get(s.step_bias + channel), skip = get(s.skip + channel);
        const float* const start = s.states + (batch * (chunks + 1) + chunk) * size + channel;
        for (int64_t n = 0; n < s.state; n++) store(h + n * kWidth, get(start + n * s.channels));
        for (int64_t t = 0; t < count; t++) {
          const int64_t token = batch * s.seq + first + t, at = token * s.channels + channel;
          const float* const b = s.bc + token * selected;
          const Vector dt = soft_plus(get(s.step + at) + bias), in = dt * get(s.x + at);
          for (int64_t n = 0; n < s.state; n++) {
            const Vector decay = exponential(dt * load(rates + n * kWidth));
            store(a + t * lanes + n * kWidth, decay);
            store(h + (t + 1) * lanes + n * kWidth, decay * load(h + t * lanes + n * kWidth) + in * b[n]);
          }
        }
        Vector biases = load(d_bias + vector * kWidth), skips = load(d_skip + vector * kWidth);
        for (int64_t t = count - 1; t >= 0; t--) {
          const int64_t token = batch * s.seq + first + t, at = token * s.channels + channel;
          const float *const b = s.bc + token * selected, *const c = b + s.state;
          const Vector raw = get(s.step + at) + bias, dt = soft_plus(raw), x = get(s.x + at), dy = get(s.dy + at), in = dt * x;
          Vector d_in{}, d_step{};
          float *const db = d_selected + t * 2 * lanes, *const dc = db + lanes;
          for (int64_t n = 0; n < s.state; n++) {
            const int64_t lane = n * kWidth;
            const Vector reaches = load(g + lane) + dy * c[n], decay = load(a + t * lanes + lane);
            // The gradient of dt A.
            const Vector exponent = reaches * load(h + t * lanes + lane) * decay;
            store(dc + lane, load(dc + lane) + dy * load(h + (t + 1) * lanes + lane));
            store(db + lane, load(db + lane) + reaches * in);
            store(d_rate + lane, load(d_rate + lane) + exponent * dt);
            store(g + lane, reaches * decay);
            d_in += reaches * b[n];
            d_step += exponent * load(rates + lane);
          }
          put(s.d_x + at, d_in * dt + skip * dy);
          const Vector d_raw = (d_step + d_in * x) * logistic(raw);
          put(s.d_step + at, d_raw);
          biases += d_raw;
          skips += dy * x;
        }
        store(d_bias + vector * kWidth, biases);
        store(d_skip + vector * kWidth, skips);
      });
      float* const to = bc_parts + block * bc_size + (batch * s.seq + first) * selected;
      for (int64_t i = 0; i < count * selected; i++) to[i] = sum_of(load(d_selected + i * kWidth));
    }
    float* const own = own_parts + batch * own_size;
    for_scan_vectors(s, block, [&](int64_t channel, auto get, auto put) {
      const int64_t vector = (channel - block * kScanChannels) / kWidth, count = lanes_at(s, channel);
      load_rates(s, channel, rates);
      for (int64_t n = 0; n < s.state; n++) {
        const Vector d = load(d_rates + vector * lanes + n * kWidth) * load(rates + n * kWidth);  // of log(-A)
        for (int64_t i = 0; i < count; i++) own[(channel + i) * s.state + n] = d[i];
      }
      put(own + s.channels * s.state + channel, load(d_bias + vector * kWidth));
      put(own + s.channels * (s.state + 1) + channel, load(d_skip + vector * kWidth));
    });
  });
  const auto add_up = [](int64_t size, int64_t parts, const float* from, int64_t step, float* to) {
    parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
      for_vectors(end - begin, [&](int64_t i, auto get, auto put) {
        Vector sum{};
        for (int64_t part = 0; part < parts; part++) sum += get(from + part * step + begin + i);
        put(to + begin + i, sum);
      });
    });
  };
  add_up(bc_size, blocks, bc_parts, bc_size, s.d_bc);
  add_up(size, s.batch, own_parts, own_size, s.d_decay);
  add_up(s.channels, s.batch, own_parts + size, own_size, s.d_step_bias);
  add_up(s.channels, s.batch, own_parts + size + s.channels, own_size, s.d_skip);
}

}  // namespace
}  // namespace supra
