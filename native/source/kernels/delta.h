// The gated delta rule, sequential in time: per head a state S [key, value] that forgets, corrects and is read,
//   S' = a_t S,  e_t = v_t - S'^T k_t,  S = S' + k_t (beta_t e_t)^T,  o_t = S^T q_t,
// with unit-length q and k, q scaled by 1 / sqrt(key_dim), and a_t = exp(decay_t) one number or one per key channel.
//
// Columns of S do not depend on each other, so forward works on strips of columns that stay in the first cache through a
// chunk of tokens. Backward starts at the state saved before each chunk, makes the states of a few columns again (those
// columns lie as rows there) and walks back through them. Tasks are heads; results do not depend on the threads.
//
// Sequential on purpose: with heads of 16 to 128 the state of a strip fits the first cache, and 2048 tokens of 256 channels take 3 to
// 7 ms forward on two AVX2 cores, a small part of a step. The same chunks as products of matrices need more arithmetic for such heads.

namespace supra {
namespace {

constexpr int64_t kColumnsBack = 4;  // columns of S per walk backwards
constexpr float kLengthEpsilon = 1e-6f;

inline int64_t delta_row(const DeltaRule& t) { return 2 * t.key_heads * t.key_dim + t.heads * t.value_dim; }
inline int64_t delta_decays(const DeltaRule& t) { return t.per_channel ? t.key_dim : 1; }

inline float inverse_length(int64_t size, const float* x) { return 1 / std::sqrt(dot<Plain>(size, x, x) + kLengthEpsilon); }

// Queries, keys and decays of one head and one chunk, normalized and padded with zeros: [tokens, padded] each.
struct DeltaChunk {
  int64_t tokens, padded;
  float *query, *key, *decay;
};

inline void prepare_chunk(const DeltaRule& t, int64_t line, int64_t head, const DeltaChunk& chunk) {
  const int64_t row = delta_row(t), decays = delta_decays(t), keys = t.key_heads * t.key_dim;
  const int64_t at = head / (t.heads / t.key_heads) * t.key_dim;
  const float scale = 1 / std::sqrt(static_cast<float>(t.key_dim));
  for (int64_t i = 0; i < chunk.tokens; i++) {
    const float *const query = t.mixed + (line + i) * row + at, *const key = query + keys;
    float *const q = chunk.query + i * chunk.padded, *const k = chunk.key + i * chunk.padded, *const a = chunk.decay + i * chunk.padded;
    const float by_query = inverse_length(t.key_dim, query) * scale, by_key = inverse_length(t.key_dim, key);
    const float* const decay = t.decay + ((line + i) * t.heads + head) * decays;
    const Vector shared = exponential(splat(decay[0]));
    for_vectors(t.key_dim, [&](int64_t c, auto get, auto) {
      store(q + c, get(query + c) * by_query);
      store(k + c, get(key + c) * by_key);
      // Padded channels hold zeros throughout, so what decays them does not matter.
      store(a + c, t.per_channel ? exponential(get(decay + c)) : shared);
    });
  }
}

// A chunk of tokens through kCount vectors of columns; `state` is [key_dim, kCount vectors].
template <int kCount>
inline void delta_strip(const DeltaRule& t, const DeltaChunk& chunk, int64_t width, float* state, const float* value, int64_t value_row,
                        const float* beta, float* out, float* errors) {
  constexpr int64_t kStrip = kCount * kWidth;
  const int64_t out_row = t.heads * t.value_dim;
  Vector sums[kCount] = {};
  for (int64_t i = 0; i < t.key_dim; i++) {
    for (int v = 0; v < kCount; v++) {
      float* const at = state + i * kStrip + v * kWidth;
      const Vector s = load(at) * chunk.decay[i];
      store(at, s);
      sums[v] += s * chunk.key[i];
    }
  }
  for (int64_t token = 0; token < chunk.tokens; token++) {
    const float *const query = chunk.query + token * chunk.padded, *const key = chunk.key + token * chunk.padded;
    Vector change[kCount], read[kCount] = {};
    for (int v = 0; v < kCount; v++) {
      const int64_t lanes = least<int64_t>(kWidth, width - v * kWidth);
      const float* const from = value + token * value_row + v * kWidth;
      const Vector error = (lanes == kWidth ? load(from) : load_part(from, lanes)) - sums[v];
      if (errors) store_part(errors + token * out_row + v * kWidth, error, lanes);
      change[v] = error * beta[token * t.heads];
      sums[v] = Vector{};
    }
    if (token + 1 < chunk.tokens) {
      // Correct, read, and already forget and recall for the next token: the state passes once.
      const float *const next_key = key + chunk.padded, *const next_decay = chunk.decay + (token + 1) * chunk.padded;
      for (int64_t i = 0; i < t.key_dim; i++) {
#pragma GCC unroll 2
        for (int v = 0; v < kCount; v++) {
          float* const at = state + i * kStrip + v * kWidth;
          const Vector s = load(at) + change[v] * key[i];
          read[v] += s * query[i];
          const Vector left = s * next_decay[i];
          sums[v] += left * next_key[i];
          store(at, left);
        }
      }
    } else {
      for (int64_t i = 0; i < t.key_dim; i++) {
#pragma GCC unroll 2
        for (int v = 0; v < kCount; v++) {
          float* const at = state + i * kStrip + v * kWidth;
          const Vector s = load(at) + change[v] * key[i];
          read[v] += s * query[i];
          store(at, s);
        }
      }
    }
    for (int v = 0; v < kCount; v++) {
      const int64_t lanes = least<int64_t>(kWidth, width - v * kWidth);
      store_part(out + token * out_row + v * kWidth, read[v], lanes);
    }
  }
}

// Moves columns [first, first + width) between a dense state [key_dim, value_dim] and a strip.
inline void load_strip(const DeltaRule& t, const float* state, int64_t first, int64_t width, int64_t strip, float* to) {
  for (int64_t i = 0; i < t.key_dim; i++) {
    for (int64_t j = 0; j < strip; j++) to[i * strip + j] = state && j < width ? state[i * t.value_dim + first + j] : 0;
  }
}
inline void save_strip(const DeltaRule& t, const float* from, int64_t first, int64_t width, int64_t strip, float* state) {
  for (int64_t i = 0; i < t.key_dim; i++) {
    for (int64_t j = 0; j < width; j++) state[i * t.value_dim + first + j] = from[i * strip + j];
  }
}

void delta_rule(const DeltaRule& t) {
  const int64_t padded = round_up(t.key_dim, kWidth), chunks = ceil_div(t.seq, t.chunk), size = t.key_dim * t.value_dim;
  const int64_t row = delta_row(t), values = 2 * t.key_heads * t.key_dim, strip = 2 * kWidth;
  parallel(t.batch * t.heads, [&](int64_t task) {
    const int64_t head = task % t.heads, batch = task / t.heads;
    float* const prepared = scratch(Scratch::attention, 3 * t.chunk * padded + t.key_dim * round_up(t.value_dim, strip));
    float* const strips = prepared + 3 * t.chunk * padded;
    for (int64_t first = 0; first < t.value_dim; first += strip) {
      load_strip(t, t.initial ? t.initial + task * size : nullptr, first, least(strip, t.value_dim - first), strip, strips + first * t.key_dim);
    }
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const int64_t start = chunk * t.chunk, line = batch * t.seq + start;
      const int64_t tokens = least(t.chunk, t.seq - start);
      const DeltaChunk ready{tokens, padded, prepared, prepared + t.chunk * padded, prepared + 2 * t.chunk * padded};
      prepare_chunk(t, line, head, ready);
      for (int64_t first = 0; first < t.value_dim; first += strip) {
        const int64_t width = least(strip, t.value_dim - first), at = (line * t.heads + head) * t.value_dim + first;
        float* const state = strips + first * t.key_dim;
        if (t.states) save_strip(t, state, first, width, strip, t.states + (task * chunks + chunk) * size);
        delta_strip<2>(t, ready, width, state, t.mixed + line * row + values + head * t.value_dim + first, row,
                       t.beta + line * t.heads + head, t.out + at, t.errors ? t.errors + at : nullptr);
      }
    }
    for (int64_t first = 0; t.final_state && first < t.value_dim; first += strip) {
      save_strip(t, strips + first * t.key_dim, first, least(strip, t.value_dim - first), strip, t.final_state + task * size);
    }
  });
}

// The sums of four vectors, in order.
inline Four sums_of_four(const Vector (&x)[4]) {
  Four folded[4];
  for (int i = 0; i < 4; i++) {
    Four parts[kWidth / 4];
    __builtin_memcpy(parts, &x[i], sizeof x[i]);
    folded[i] = parts[0];
    for (int p = 1; p < kWidth / 4; p++) folded[i] += parts[p];
  }
  const Four first = __builtin_shufflevector(folded[0], folded[1], 0, 4, 1, 5) + __builtin_shufflevector(folded[0], folded[1], 2, 6, 3, 7);
  const Four second = __builtin_shufflevector(folded[2], folded[3], 0, 4, 1, 5) + __builtin_shufflevector(folded[2], folded[3], 2, 6, 3, 7);
  return __builtin_shufflevector(first, second, 0, 1, 4, 5) + __builtin_shufflevector(first, second, 2, 3, 6, 7);
}

// What the walk back through one chunk adds up, [tokens, padded] each: gradients of the query, of the key as it is written
// into the state, and of the key as it recalls from the state (without the decay, a factor of the whole row).
struct DeltaSums {
  float *query, *written, *recalled;
};

// Four columns of S through one chunk. `states` is [tokens + 1, 4, padded] with the state before the chunk in front,
// `d_state` [4, padded] the gradient of the state behind it, which becomes that of the state before it; `change`, `d_out` and
// `d_error` are [tokens, 4].
inline void delta_columns_gradient(const DeltaChunk& chunk, const float* beta, int64_t beta_row, float* states, float* d_state,
                                   const float* change, const float* d_out, float* d_error, float* end, const DeltaSums& sums) {
  const int64_t padded = chunk.padded, last = chunk.tokens - 1;
  constexpr int64_t kRowsBack = kColumnsBack;
  for (int64_t token = 0; token <= last; token++) {
    const float *const from = states + token * kRowsBack * padded, *const u = change + token * kRowsBack;
    float* const to = states + (token + 1) * kRowsBack * padded;
    for (int64_t c = 0; c < padded; c += kWidth) {
      const Vector k = load(chunk.key + token * padded + c), a = load(chunk.decay + token * padded + c);
#pragma GCC unroll 4
      for (int r = 0; r < kRowsBack; r++) store(to + r * padded + c, load(from + r * padded + c) * a + k * u[r]);
    }
  }
  Vector totals[kRowsBack] = {};
  {
    const float *const s = states + (last + 1) * kRowsBack * padded, *const o = d_out + last * kRowsBack, *const u = change + last * kRowsBack;
    for (int64_t c = 0; c < padded; c += kWidth) {
      const Vector q = load(chunk.query + last * padded + c), k = load(chunk.key + last * padded + c);
      Vector query = load(sums.query + last * padded + c), written = load(sums.written + last * padded + c), at_end = load(end + c);
#pragma GCC unroll 4
      for (int r = 0; r < kRowsBack; r++) {
        const Vector state = load(s + r * padded + c), after = load(d_state + r * padded + c), d = after + q * o[r];
        at_end += after * state;
        totals[r] += d * k;
        query += state * o[r];
        written += d * u[r];
        store(d_state + r * padded + c, d);
      }
      store(sums.query + last * padded + c, query);
      store(sums.written + last * padded + c, written);
      store(end + c, at_end);
    }
  }
  for (int64_t token = last; token >= 0; token--) {
    const Four d_change = sums_of_four(totals), d_recall = d_change * -beta[token * beta_row];
    store_as(d_error + token * kRowsBack, d_change);
    const float *const s = states + token * kRowsBack * padded, *const key = chunk.key + token * padded;
    const float* const decay = chunk.decay + token * padded;
    float* const recalled = sums.recalled + token * padded;
    if (token == 0) {
      for (int64_t c = 0; c < padded; c += kWidth) {
        const Vector k = load(key + c), a = load(decay + c);
        Vector recall = load(recalled + c);
#pragma GCC unroll 4
        for (int r = 0; r < kRowsBack; r++) {
          recall += load(s + r * padded + c) * d_recall[r];
          store(d_state + r * padded + c, (load(d_state + r * padded + c) + k * d_recall[r]) * a);
        }
        store(recalled + c, recall);
      }
      break;
    }
    // Back through this token's decay and recall, then through the token before's reading and correction: one pass.
    const float *const o = d_out + (token - 1) * kRowsBack, *const u = change + (token - 1) * kRowsBack;
    const float *const earlier_query = chunk.query + (token - 1) * padded, *const earlier_key = key - padded;
    float *const query_sums = sums.query + (token - 1) * padded, *const written_sums = sums.written + (token - 1) * padded;
    Vector next[kRowsBack] = {};
    for (int64_t c = 0; c < padded; c += kWidth) {
      const Vector k = load(key + c), a = load(decay + c), q = load(earlier_query + c), before = load(earlier_key + c);
      Vector recall = load(recalled + c), query = load(query_sums + c), written = load(written_sums + c);
#pragma GCC unroll 4
      for (int r = 0; r < kRowsBack; r++) {
        const Vector state = load(s + r * padded + c);
        const Vector d = (load(d_state + r * padded + c) + k * d_recall[r]) * a + q * o[r];
        recall += state * d_recall[r];
        query += state * o[r];
        written += d * u[r];
        next[r] += d * before;
        store(d_state + r * padded + c, d);
      }
      store(recalled + c, recall);
      store(query_sums + c, query);
      store(written_sums + c, written);
    }
    for (int r = 0; r < kRowsBack; r++) totals[r] = next[r];
  }
}

// From the gradient of x / |x| * scale to that of x; added to what is there unless `first`.
inline void length_gradient(int64_t size, const float* x, const float* dy, float scale, bool first, float* dx) {
  const float inverse = inverse_length(size, x);
  const float along = dot<Plain>(size, x, dy) * inverse * inverse, factor = inverse * scale;
  for_vectors(size, [&](int64_t i, auto get, auto put) {
    const Vector d = (get(dy + i) - get(x + i) * along) * factor;
    put(dx + i, first ? d : get(dx + i) + d);
  });
}

void delta_rule_gradient(const DeltaRule& t) {
  constexpr int64_t kRowsBack = kColumnsBack;
  const int64_t padded = round_up(t.key_dim, kWidth), chunks = ceil_div(t.seq, t.chunk), size = t.key_dim * t.value_dim;
  const int64_t row = delta_row(t), keys = t.key_heads * t.key_dim, group = t.heads / t.key_heads, decays = delta_decays(t);
  const int64_t columns = round_up(t.value_dim, kRowsBack);
  const float scale = 1 / std::sqrt(static_cast<float>(t.key_dim));
  parallel(t.batch * t.key_heads, [&](int64_t task) {
    const int64_t key_head = task % t.key_heads, batch = task / t.key_heads, area = t.chunk * padded;
    float* next = scratch(Scratch::attention, 6 * area + padded + (t.chunk + 1) * kRowsBack * padded + columns * padded + 3 * t.chunk * kRowsBack);
    const auto take = [&next](int64_t floats) {
      float* const taken = next;
      next += floats;
      return taken;
    };
    float *const query = take(area), *const key = take(area), *const decay = take(area);
    const DeltaSums sums{take(area), take(area), take(area)};
    float *const end = take(padded), *const states = take((t.chunk + 1) * kRowsBack * padded), *const d_state = take(columns * padded);
    float *const change = take(t.chunk * kRowsBack), *const d_out = take(t.chunk * kRowsBack), *const d_error = take(t.chunk * kRowsBack);
    for (int64_t head = key_head * group; head < (key_head + 1) * group; head++) {
      for (int64_t i = 0; i < columns * padded; i++) d_state[i] = 0;
      for (int64_t chunk = chunks - 1; chunk >= 0; chunk--) {
        const int64_t start = chunk * t.chunk, line = batch * t.seq + start;
        const DeltaChunk ready{least(t.chunk, t.seq - start), padded, query, key, decay};
        prepare_chunk(t, line, head, ready);
        for (int64_t i = 0; i < ready.tokens * padded; i++) sums.query[i] = sums.written[i] = sums.recalled[i] = 0;
        for (int64_t i = 0; i < padded; i++) end[i] = 0;
        float* const d_beta = t.d_beta + line * t.heads + head;
        for (int64_t i = 0; i < ready.tokens; i++) d_beta[i * t.heads] = 0;
        const float* const beta = t.beta + line * t.heads + head;
        const float* const before = t.states + ((batch * t.heads + head) * chunks + chunk) * size;
        for (int64_t first = 0; first < t.value_dim; first += kRowsBack) {
          const int64_t count = least(kRowsBack, t.value_dim - first);
          for (int64_t r = 0; r < kRowsBack; r++) {
            for (int64_t c = 0; c < padded; c++) states[r * padded + c] = r < count && c < t.key_dim ? before[c * t.value_dim + first + r] : 0;
          }
          const int64_t at = (line * t.heads + head) * t.value_dim + first, step = t.heads * t.value_dim;
          for (int64_t i = 0; i < ready.tokens; i++) {
            for (int64_t r = 0; r < kRowsBack; r++) {
              const bool there = r < count;
              change[i * kRowsBack + r] = there ? t.errors[at + i * step + r] * beta[i * t.heads] : 0;
              d_out[i * kRowsBack + r] = there ? t.d_out[at + i * step + r] : 0;
            }
          }
          delta_columns_gradient(ready, beta, t.heads, states, d_state + first * padded, change, d_out, d_error, end, sums);
          float* const d_value = t.d_mixed + line * row + 2 * keys + head * t.value_dim + first;
          for (int64_t i = 0; i < ready.tokens; i++) {
            float total = 0;
            for (int64_t r = 0; r < count; r++) {
              total += d_error[i * kRowsBack + r] * t.errors[at + i * step + r];
              d_value[i * row + r] = d_error[i * kRowsBack + r] * beta[i * t.heads];
            }
            d_beta[i * t.heads] += total;
          }
        }
        // A decay scales its row of the state, and what the row contributes later equals Σ dS' S' of that row. Token by
        // token it grows by what is read and falls by what is written, counted back from the state behind the chunk.
        for (int64_t i = ready.tokens - 1; i >= 0; i--) {
          Vector total{};
          float* const d_decay = t.d_decay + ((line + i) * t.heads + head) * decays;
          for (int64_t c = 0; c < padded; c += kWidth) {
            const int64_t place = i * padded + c;
            const Vector k = load(key + place), written = load(sums.written + place), recalled = load(sums.recalled + place) * load(decay + place);
            const Vector d = load(end + c) + load(query + place) * load(sums.query + place) + k * (recalled - written);
            store(end + c, d);
            store(sums.written + place, written + recalled);
            total += d;
            if (t.per_channel) store_part(d_decay + c, d, t.key_dim - c);
          }
          if (!t.per_channel) d_decay[0] = sum_of(total);
          const int64_t place = (line + i) * row + key_head * t.key_dim;
          const bool is_first = head == key_head * group;
          length_gradient(t.key_dim, t.mixed + place, sums.query + i * padded, scale, is_first, t.d_mixed + place);
          length_gradient(t.key_dim, t.mixed + place + keys, sums.written + i * padded, 1, is_first, t.d_mixed + place + keys);
        }
      }
    }
  });
}

// log(1 + e^x) = max(x, 0) + log1p(e^-|x|), the latter as 2 atanh(t / (2 + t)) with an argument of at most 1/3.
inline Vector softplus(Vector x) {
  const Vector t = exponential(-absolute(x)), s = t / (t + 2.0f), z = s * s;
  Vector p = z * (1.0f / 17) + 1.0f / 15;
  p = p * z + 1.0f / 13;
  p = p * z + 1.0f / 11;
  p = p * z + 1.0f / 9;
  p = p * z + 1.0f / 7;
  p = p * z + 1.0f / 5;
  p = p * z + 1.0f / 3;
  return maximum(x, Vector{}) + 2.0f * s * (p * z + 1.0f);
}

// -exp(rate) of every channel.
inline const float* forgetting_rates(const DecayGate& t) {
  float* const all = scratch(Scratch::rows, t.heads * t.channels);
  for (int64_t i = 0; i < t.heads * t.channels; i++) all[i] = -std::exp(t.rate[i / t.channels]);
  return all;
}

void decay_gate(const DecayGate& t) {
  const int64_t width = t.heads * t.channels;
  const float* const rates = forgetting_rates(t);
  parallel_ranges(t.rows, rows_per_task(width), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      for_vectors(width, [&](int64_t i, auto get, auto put) {
        put(t.y + row * width + i, softplus(get(t.x + row * width + i) + get(t.bias + i)) * get(rates + i));
      });
    }
  });
}

void decay_gate_gradient(const DecayGate& t) {
  const int64_t width = t.heads * t.channels;
  const float* const rates = forgetting_rates(t);
  const int64_t per_piece = most<int64_t>(1, ceil_div(t.rows, kNormPieces)), pieces = ceil_div(t.rows, per_piece);
  float* const partials = scratch(Scratch::partials, 2 * pieces * width + 1);
  parallel(pieces, [&](int64_t piece) {
    float *const d_bias = partials + 2 * piece * width, *const d_rate = d_bias + width;
    for (int64_t i = 0; i < 2 * width; i++) d_bias[i] = 0;
    for (int64_t row = piece * per_piece; row < least(t.rows, (piece + 1) * per_piece); row++) {
      for_vectors(width, [&](int64_t i, auto get, auto put) {
        const Vector x = get(t.x + row * width + i) + get(t.bias + i), scaled = get(t.dy + row * width + i) * get(rates + i);
        const Vector d = scaled * logistic(x);
        put(t.dx + row * width + i, d);
        put(d_bias + i, get(d_bias + i) + d);
        put(d_rate + i, get(d_rate + i) + scaled * softplus(x));
      });
    }
  });
  for (int64_t i = 0; i < width; i++) t.d_bias[i] = 0;
  for (int64_t i = 0; i < t.heads; i++) t.d_rate[i] = 0;
  for (int64_t piece = 0; piece < pieces; piece++) {
    const float* const from = partials + 2 * piece * width;
    for (int64_t i = 0; i < width; i++) t.d_bias[i] += from[i], t.d_rate[i / t.channels] += from[width + i];
  }
}

}  // namespace
}  // namespace supra
