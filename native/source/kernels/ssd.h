// State-space duality (Mamba-2) in chunks: within a chunk a product with decaying scores, between chunks one state.
//
// With a_i the sum of dt A up to token i of a chunk and S the state before it:
//   y_i = Σ_(j <= i) (C_i·B_j) exp(a_i - a_j) dt_j x_j + exp(a_i) Sᵀ C_i + D x_i
//   S' = exp(a_last) S + Σ_j B_j (exp(a_last - a_j) dt_j x_j)ᵀ
// All heads of a group share B and C, so their states lie side by side, [state, heads of the group · headDim], and the products
// with B and C are made for all of them at once. Work is cut by batch entry, chunk and group only.

namespace supra {
namespace {

// Where things lie for one chunk of one group.
struct SsdChunk {
  int64_t batch, chunk, group, first, count;  // count: tokens of the chunk
  int64_t heads, width, state, row;           // of the group: heads, heads · headDim; elements of a row of xbc
  const float *x, *b, *c;                     // of the first token

  SsdChunk(const Ssd& s, int64_t task) {
    const int64_t chunks = ceil_div(s.seq, kSsdChunk);
    group = task % s.groups, chunk = task / s.groups % chunks, batch = task / s.groups / chunks;
    first = chunk * kSsdChunk, count = least(kSsdChunk, s.seq - first);
    heads = s.heads / s.groups, width = heads * s.head_dim, state = s.state;
    row = s.heads * s.head_dim + 2 * s.groups * s.state;
    const float* const token = s.xbc + (batch * s.seq + first) * row;
    x = token + group * width;
    b = token + s.heads * s.head_dim + group * state;
    c = b + s.groups * state;
  }
  // Head `head` of the group, in arrays [batch, heads, seq].
  int64_t per_head(const Ssd& s, int64_t head) const { return (batch * s.heads + group * heads + head) * s.seq + first; }
  // The state before the chunk, in arrays [batch, chunks + 1, groups, state, width].
  int64_t state_at(const Ssd& s, int64_t offset = 0) const {
    return ((batch * (ceil_div(s.seq, kSsdChunk) + 1) + chunk + offset) * s.groups + group) * state * width;
  }
};

inline int64_t ssd_tasks(const Ssd& s) { return s.batch * ceil_div(s.seq, kSsdChunk) * s.groups; }

// C[rows, columns] = A B with any strides, on this thread.
inline void product(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t a_row, int64_t a_depth, const float* b,
                    int64_t b_depth, int64_t b_column, float* c, int64_t c_row, bool accumulate = false) {
  MatrixProduct p;
  p.batch = 1, p.rows = rows, p.columns = columns, p.depth = depth, p.a = a, p.a_row = a_row, p.a_depth = a_depth;
  p.b = b, p.b_depth = b_depth, p.b_column = b_column, p.c = c, p.c_row = c_row, p.accumulate = accumulate;
  matrix_product(p);
}

// Products with the lower triangle A [count, count] skip the quarter that is zero.
// A B, one row per token i: sums over j <= i.
inline void triangle_product(int64_t count, int64_t columns, const float* a, const float* b, int64_t b_row, float* c, int64_t c_row, bool accumulate) {
  const int64_t half = least(count, kSsdChunk / 2);
  product(half, columns, half, a, kSsdChunk, 1, b, b_row, 1, c, c_row, accumulate);
  if (count > half) product(count - half, columns, count, a + half * kSsdChunk, kSsdChunk, 1, b, b_row, 1, c + half * c_row, c_row, accumulate);
}
// Aᵀ B, one row per token j: sums over i >= j.
inline void turned_triangle_product(int64_t count, int64_t columns, const float* a, const float* b, int64_t b_row, float* c, int64_t c_row) {
  const int64_t half = least(count, kSsdChunk / 2);
  product(half, columns, count, a, 1, kSsdChunk, b, b_row, 1, c, c_row, true);
  if (count > half) {
    const int64_t rest = count - half;
    product(rest, columns, rest, a + half * kSsdChunk + half, 1, kSsdChunk, b + half * b_row, b_row, 1, c + half * c_row, c_row, true);
  }
}
// The lower triangle of A Bᵀ, and some of what is above it.
inline void triangle_of_product(int64_t count, int64_t depth, const float* a, int64_t a_row, const float* b, int64_t b_row, float* c) {
  const int64_t half = least(count, kSsdChunk / 2);
  product(half, half, depth, a, a_row, 1, b, 1, b_row, c, kSsdChunk);
  if (count > half) product(count - half, count, depth, a + half * a_row, a_row, 1, b, 1, b_row, c + half * kSsdChunk, kSsdChunk);
}

// Step sizes of the chunk and the sums of their decays, for every head of the group.
inline void ssd_steps(const Ssd& s, const SsdChunk& k) {
  for (int64_t head = 0; head < k.heads; head++) {
    const int64_t h = k.group * k.heads + head;
    const float rate = -std::exp(s.decay[h]), bias = s.step_bias[h];
    float *const steps = s.steps + k.per_head(s, head), *const sums = s.sums + k.per_head(s, head);
    float sum = 0;
    for (int64_t i = 0; i < k.count; i++) {
      const float raw = s.step[(k.batch * s.seq + k.first + i) * s.heads + h] + bias;
      const float positive = raw > 20 ? raw : std::log1p(std::exp(raw));
      steps[i] = least(most(positive, s.floor), s.ceiling);
      sum += steps[i] * rate;
      sums[i] = sum;
    }
  }
}

// out[i, head, :] = from[i, head, :] * factor(head, i), rows of `width`.
template <class Factor>
inline void scale_rows(const Ssd& s, const SsdChunk& k, const float* from, int64_t from_row, float* out, const Factor& factor) {
  for (int64_t head = 0; head < k.heads; head++) {
    for (int64_t i = 0; i < k.count; i++) {
      const float* const x = from + i * from_row + head * s.head_dim;
      float* const y = out + i * k.width + head * s.head_dim;
      const float f = factor(head, i);
      for_vectors(s.head_dim, [&](int64_t j, auto get, auto put) { put(y + j, get(x + j) * f); });
    }
  }
}

// x_j exp(a_last - a_j) dt_j: what each token adds to the state, before B.
inline void weigh_tokens(const Ssd& s, const SsdChunk& k, float* out) {
  scale_rows(s, k, k.x, k.row, out, [&](int64_t head, int64_t i) {
    const float* const sums = s.sums + k.per_head(s, head);
    return std::exp(sums[k.count - 1] - sums[i]) * s.steps[k.per_head(s, head) + i];
  });
}

// Runs along the chunks of every group: state_(c + 1) = exp(a_last) state_c + state_(c + 1), or the other way round for gradients.
template <bool kBackwards>
inline void pass_states(const Ssd& s, float* states, const float* initial) {
  const int64_t chunks = ceil_div(s.seq, kSsdChunk), heads = s.heads / s.groups, width = heads * s.head_dim;
  const int64_t size = s.state * width, step = s.groups * size;
  parallel(s.batch * s.groups * s.state, [&](int64_t task) {
    const int64_t n = task % s.state, group = task / s.state % s.groups, batch = task / s.state / s.groups;
    float* const first = states + (batch * (chunks + 1) * s.groups + group) * size + n * width;
    float* const start = kBackwards ? first + chunks * step : first;
    for (int64_t i = 0; i < width; i++) start[i] = initial ? initial[(batch * s.groups + group) * size + n * width + i] : 0;
    for (int64_t at = 0; at < chunks; at++) {
      const int64_t chunk = kBackwards ? chunks - 1 - at : at;
      const int64_t end = least(s.seq, (chunk + 1) * kSsdChunk) - 1;
      float *const before = first + chunk * step, *const after = before + step;
      for (int64_t head = 0; head < heads; head++) {
        const float decay = std::exp(s.sums[(batch * s.heads + group * heads + head) * s.seq + end]);
        float* const to = (kBackwards ? before : after) + head * s.head_dim;
        const float* const from = (kBackwards ? after : before) + head * s.head_dim;
        for_vectors(s.head_dim, [&](int64_t j, auto get, auto put) { put(to + j, get(to + j) + get(from + j) * decay); });
      }
    }
  });
}

// Row i of exp(a_i - a_j) for j <= i, and 0 behind.
inline void decay_row(const float* sums, int64_t i, float* row) {
  const float own = sums[i];
  for_vectors(i + 1, [&](int64_t j, auto get, auto put) { put(row + j, exponential(own - get(sums + j))); });
  for (int64_t j = i + 1; j < kSsdChunk; j++) row[j] = 0;
}

void ssd(const Ssd& s) {
  const int64_t tasks = ssd_tasks(s);
  parallel(tasks, [&](int64_t task) {
    const SsdChunk k(s, task);
    ssd_steps(s, k);
    float* const weighted = scratch(Scratch::scan, k.count * k.width);
    weigh_tokens(s, k, weighted);
    product(k.state, k.width, k.count, k.b, 1, k.row, weighted, k.width, 1, s.states + k.state_at(s, 1), k.width);
  });
  pass_states<false>(s, s.states, s.initial);
  parallel(tasks, [&](int64_t task) {
    const SsdChunk k(s, task);
    float* const read = scratch(Scratch::scan, k.count * k.width + 2 * kSsdChunk * kSsdChunk);
    float *const both = read + k.count * k.width, *const scores = both + kSsdChunk * kSsdChunk;
    product(k.count, k.width, k.state, k.c, k.row, 1, s.states + k.state_at(s), k.width, 1, read, k.width);
    triangle_of_product(k.count, k.state, k.c, k.row, k.b, k.row, both);
    for (int64_t head = 0; head < k.heads; head++) {
      const float *const sums = s.sums + k.per_head(s, head), *const steps = s.steps + k.per_head(s, head);
      const float skip = s.skip[k.group * k.heads + head];
      for (int64_t i = 0; i < k.count; i++) {
        float* const row = scores + i * kSsdChunk;
        decay_row(sums, i, row);
        for_vectors(i + 1, [&](int64_t j, auto get, auto put) {
          put(row + j, get(row + j) * get(both + i * kSsdChunk + j) * get(steps + j));
        });
        const float decay = std::exp(sums[i]);
        const float *const x = k.x + i * k.row + head * s.head_dim, *const from = read + i * k.width + head * s.head_dim;
        float* const y = s.y + (k.batch * s.seq + k.first + i) * s.heads * s.head_dim + k.group * k.width + head * s.head_dim;
        for_vectors(s.head_dim, [&](int64_t p, auto get, auto put) { put(y + p, get(from + p) * decay + get(x + p) * skip); });
      }
      float* const y = s.y + (k.batch * s.seq + k.first) * s.heads * s.head_dim + k.group * k.width + head * s.head_dim;
      triangle_product(k.count, s.head_dim, scores, k.x + head * s.head_dim, k.row, y, s.heads * s.head_dim, true);
    }
  });
}

// Gradients of one chunk of one group. R is the gradient of the state behind the chunk. Per head, with M_ij = C_i·B_j exp(a_i - a_j),
// e_j = exp(a_last - a_j) and u_j = Σ_i M_ij dy_i + e_j Rᵀ B_j:
//   dx_j = dt_j u_j + D dy_j   and   ddt_j = x_j·u_j + A g_j
// g_j, the gradient of dt_j A, adds up all that passes token j: what earlier tokens add to the answers of later ones (j itself
// included), what the state before the chunk adds to the answers from j on, what the tokens before j add to the state behind the
// chunk, and what the one state adds to the other. Sums of da_i, in which the pairs on one side cancel, would lose digits.
inline void ssd_chunk_gradient(const Ssd& s, const SsdChunk& k, float* d_rate, float* d_skip, float* d_bias) {
  constexpr int64_t kSquare = kSsdChunk * kSsdChunk;
  const int64_t rows = k.count * k.width, y_row = s.heads * s.head_dim;
  float* const flow = scratch(Scratch::scan, 2 * rows + 5 * kSquare);
  float *const scaled = flow + rows, *const both = scaled + rows, *const d_both = both + kSquare;
  float *const decays = d_both + kSquare, *const d_scores = decays + kSquare, *const mixed = d_scores + kSquare;
  const float *const before = s.states + k.state_at(s), *const back = s.flows + k.state_at(s, 1);
  const int64_t token = k.batch * s.seq + k.first;
  const float* const dy = s.dy + token * y_row + k.group * k.width;
  float* const dx = s.d_xbc + token * k.row + k.group * k.width;
  float* const db = s.d_xbc + token * k.row + y_row + k.group * k.state;
  float* const dc = db + s.groups * k.state;
  // Rᵀ B_j and Sᵀ C_i, rows by token.
  product(k.count, k.width, k.state, k.b, k.row, 1, back, k.width, 1, flow, k.width);
  product(k.count, k.width, k.state, k.c, k.row, 1, before, k.width, 1, scaled, k.width);
  for (int64_t i = 0; i < kSquare; i++) both[i] = 0;
  triangle_of_product(k.count, k.state, k.c, k.row, k.b, k.row, both);
  for (int64_t i = 0; i < kSquare; i++) d_both[i] = 0;
  for (int64_t head = 0; head < k.heads; head++) {
    const int64_t h = k.group * k.heads + head, at = head * s.head_dim;
    const float *const sums = s.sums + k.per_head(s, head), *const steps = s.steps + k.per_head(s, head);
    const float skip = s.skip[h], rate = -std::exp(s.decay[h]), last = sums[k.count - 1];
    float passing[kSsdChunk + 1] = {};  // g_j; at first only what tokens add to answers
    float leaving[kSsdChunk];           // what token j adds to the state behind
    triangle_of_product(k.count, s.head_dim, dy + at, y_row, k.x + at, k.row, d_scores);
    for (int64_t i = 0; i < k.count; i++) {
      float *const decay = decays + i * kSsdChunk, *const mix = mixed + i * kSsdChunk, *const to = d_both + i * kSsdChunk;
      float* const d = d_scores + i * kSsdChunk;
      const float* const from = both + i * kSsdChunk;
      decay_row(sums, i, decay);
      for_vectors(k.count, [&](int64_t j, auto get, auto put) { put(mix + j, get(decay + j) * get(from + j)); });
      for_vectors(i + 1, [&](int64_t j, auto get, auto put) {
        const Vector slope = get(d + j) * get(steps + j);
        put(to + j, get(to + j) + slope * get(decay + j));
        put(d + j, slope * get(mix + j));
      });
      float sum = 0;
      for (int64_t j = 0; j < i; j++) {
        sum += d[j];
        passing[j + 1] += sum;
      }
      float* const u = flow + i * k.width + at;
      const float kept = std::exp(last - sums[i]);
      for_vectors(s.head_dim, [&](int64_t p, auto get, auto put) { put(u + p, get(u + p) * kept); });
      leaving[i] = steps[i] * dot<Plain>(s.head_dim, k.x + i * k.row + at, u);
    }
    turned_triangle_product(k.count, s.head_dim, mixed, dy + at, y_row, flow + at, k.width);
    float through = 0;
    for (int64_t n = 0; n < k.state; n++) through += dot<Plain>(s.head_dim, back + n * k.width + at, before + n * k.width + at);
    through *= std::exp(last);
    for (int64_t j = 0; j < k.count; j++) {
      passing[j] += through;
      through += leaving[j];
    }
    float entering = 0, rates = 0, skips = 0, biases = 0;
    for (int64_t j = k.count - 1; j >= 0; j--) {
      const float *const u = flow + j * k.width + at, *const x = k.x + j * k.row + at, *const d = dy + j * y_row + at;
      float* const to = dx + j * k.row + at;
      const float step = steps[j], by_step = dot<Plain>(s.head_dim, x, u);
      entering += std::exp(sums[j]) * dot<Plain>(s.head_dim, d, scaled + j * k.width + at);
      const float g = passing[j] + entering;
      for_vectors(s.head_dim, [&](int64_t p, auto get, auto put) { put(to + p, get(u + p) * step + get(d + p) * skip); });
      rates += g * step;
      skips += dot<Plain>(s.head_dim, x, d);
      const int64_t raw = (token + j) * s.heads + h;
      const float in = s.step[raw] + s.step_bias[h], positive = in > 20 ? in : std::log1p(std::exp(in));
      const bool inside = positive >= s.floor && positive <= s.ceiling;
      s.d_step[raw] = inside ? (by_step + rate * g) / (1 + std::exp(-in)) : 0;
      biases += s.d_step[raw];
    }
    d_rate[h] = rates * rate;  // of log(-A)
    d_skip[h] = skips;
    d_bias[h] = biases;
  }
  // dC_i = exp(a_i) S dy_i + Σ_j dG_ij B_j and dB_j = R (e_j dt_j x_j) + Σ_i dG_ij C_i, with G_ij = C_i·B_j.
  scale_rows(s, k, dy, y_row, scaled, [&](int64_t head, int64_t i) { return std::exp(s.sums[k.per_head(s, head) + i]); });
  product(k.count, k.state, k.width, scaled, k.width, 1, before, 1, k.width, dc, k.row);
  triangle_product(k.count, k.state, d_both, k.b, k.row, dc, k.row, true);
  weigh_tokens(s, k, scaled);
  product(k.count, k.state, k.width, scaled, k.width, 1, back, 1, k.width, db, k.row);
  turned_triangle_product(k.count, k.state, d_both, k.c, k.row, db, k.row);
}

void ssd_gradient(const Ssd& s) {
  const int64_t tasks = ssd_tasks(s), pieces = tasks / s.groups;
  // What the tokens of a chunk ask of the state before it.
  parallel(tasks, [&](int64_t task) {
    const SsdChunk k(s, task);
    float* const scaled = scratch(Scratch::scan, k.count * k.width);
    const float* const dy = s.dy + (k.batch * s.seq + k.first) * s.heads * s.head_dim + k.group * k.width;
    scale_rows(s, k, dy, s.heads * s.head_dim, scaled, [&](int64_t head, int64_t i) { return std::exp(s.sums[k.per_head(s, head) + i]); });
    product(k.state, k.width, k.count, k.c, 1, k.row, scaled, k.width, 1, s.flows + k.state_at(s), k.width);
  });
  pass_states<true>(s, s.flows, nullptr);
  float* const partials = scratch(Scratch::partials, 3 * pieces * s.heads + 1);
  parallel(tasks, [&](int64_t task) {
    const SsdChunk k(s, task);
    float* const own = partials + task / s.groups * 3 * s.heads;
    ssd_chunk_gradient(s, k, own, own + s.heads, own + 2 * s.heads);
  });
  for (int64_t h = 0; h < s.heads; h++) {
    float *const to[] = {s.d_decay + h, s.d_skip + h, s.d_step_bias + h};
    for (int64_t what = 0; what < 3; what++) {
      *to[what] = 0;
      for (int64_t piece = 0; piece < pieces; piece++) *to[what] += partials[(piece * 3 + what) * s.heads + h];
    }
  }
}

}  // namespace
}  // namespace supra
