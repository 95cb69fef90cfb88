// Causal attention in blocks: scores of a block of queries against a block of keys live in scratch memory only.
// Forward as FlashAttention (Dao et al. 2022) with a running maximum; backward recomputes the scores from the saved
// log of the sum of exponentials. Blocks that no query of the block can see are never touched.

namespace supra {
namespace {

constexpr int64_t kQueryBlock = 48;  // a multiple of kRows for every width
constexpr int64_t kKeyBlock = 64;    // a multiple of kColumns for every width

struct Span {
  int64_t begin, end;
};

// Keys that the query at position p sees.
inline Span visible_keys(const Attention& t, int64_t position) {
  const int64_t begin = t.window > 0 ? most<int64_t>(0, position - t.window + 1) : 0;
  return {t.chunk > 0 ? most(begin, position - position % t.chunk) : begin, least(t.key_seq, position + 1)};
}

// scale * score, then the cap.
inline Vector finish_scores(Vector s, const Attention& t) {
  s = s * t.scale;
  return t.softcap > 0 ? hyperbolic_tangent(s / t.softcap) * t.softcap : s;
}

// The numbers of the lanes of a vector.
inline Words lane_numbers() {
  Words lanes{};
  for (int i = 0; i < kWidth; i++) lanes[i] = i;
  return lanes;
}

// Applies body(offset, hidden) to the scores of a query against a block of keys: lanes outside [begin, end) are hidden.
template <class Body>
inline void for_scores(int64_t begin, int64_t end, int64_t keys, const Body& body) {
  const bool all = begin <= 0 && end >= keys;
  for (int v = 0; v * kWidth < keys; v++) {
    const Words lane = lane_numbers() + static_cast<int32_t>(v * kWidth);
    const Words hidden = all ? Words{} : (Words)(lane < static_cast<int32_t>(begin)) | (Words)(lane >= static_cast<int32_t>(end));
    body(v * kWidth, hidden);
  }
}

inline void pack_lines_across(const float* x, int64_t line, int64_t lines, int64_t size, float* out) {
  for (int64_t i = 0; i < lines; i += kColumns) {
    pack_panel<Plain, kColumns>(x + i * line, line, 1, least<int64_t>(kColumns, lines - i), size, out + i * size);
  }
}
inline void pack_lines_along(const float* x, int64_t line, int64_t lines, int64_t size, float* out) {
  for (int64_t i = 0; i < size; i += kColumns) {
    pack_along<Plain, kColumns>(x + i, line, least<int64_t>(kColumns, size - i), lines, out + i * lines);
  }
}

// One block of queries of one head. k_packed and v_packed hold all key blocks, each kKeyBlock keys.
inline void attend_block(const Attention& t, int64_t first, int64_t count, const float* query, int64_t q_row,
                         const float* k_packed, const float* v_packed, int64_t v_padded, int64_t first_block,
                         const float* sink, float* out, int64_t o_row, float* lse, float* space) {
  float* const scores = space;                               // [kQueryBlock, kKeyBlock]
  float* const sums = scores + kQueryBlock * kKeyBlock;      // [kQueryBlock, v_padded]
  float* const peak = sums + kQueryBlock * v_padded;         // [kQueryBlock]
  float* const total = peak + kQueryBlock;
  for (int64_t i = 0; i < count; i++) peak[i] = sink ? *sink : -INFINITY, total[i] = sink ? 1 : 0;
  for (int64_t i = 0; i < count * v_padded; i++) sums[i] = 0;
  const int64_t from = visible_keys(t, t.offset + first).begin / kKeyBlock;
  const int64_t last_seen = visible_keys(t, t.offset + first + count - 1).end, to = ceil_div(last_seen, kKeyBlock);
  for (int64_t block = from; block < to; block++) {
    const int64_t key = block * kKeyBlock, packed_keys = least(kKeyBlock, t.key_seq - key);
    // What the last query sees of the block: on the diagonal the rest is not computed.
    const int64_t keys = least(packed_keys, last_seen - key), columns = round_up(keys, kColumns);
    const float* const k_block = k_packed + (block - first_block) * kKeyBlock * t.head_dim;
    const float* const v_block = v_packed + (block - first_block) * kKeyBlock * v_padded;
    block_product<Access::row>(count, columns, t.head_dim, query, q_row, kRows * q_row, k_block, t.head_dim * kColumns,
                               scores, kKeyBlock, false);
    for (int64_t i = 0; i < count; i++) {
      const Span seen = visible_keys(t, t.offset + first + i);
      const int64_t begin = most<int64_t>(0, seen.begin - key), end = least(keys, seen.end - key);
      float* const row = scores + i * kKeyBlock;
      if (begin >= end) {
        for (int64_t j = 0; j < columns; j++) row[j] = 0;
        continue;
      }
      Vector largest = splat(-INFINITY);
      for_scores(begin, end, columns, [&](int64_t j, Words hidden) {
        const Vector score = hidden ? splat(-INFINITY) : finish_scores(load(row + j), t);
        store(row + j, score);
        largest = maximum(score, largest);
      });
      const float new_peak = most(peak[i], max_of(largest));
      Vector sum{};
      for (int64_t j = 0; j < columns; j += kWidth) {
        const Vector weight = exponential(load(row + j) - new_peak);
        store(row + j, weight);
        sum += weight;
      }
      if (new_peak != peak[i]) {
        const float shrink = peak[i] == -INFINITY ? 0 : std::exp(peak[i] - new_peak);
        total[i] *= shrink;
        float* const own = sums + i * v_padded;
        for (int64_t j = 0; j < v_padded; j += kWidth) store(own + j, load(own + j) * shrink);
        peak[i] = new_peak;
      }
      total[i] += sum_of(sum);
    }
    block_product<Access::row>(count, v_padded, keys, scores, kKeyBlock, kRows * kKeyBlock, v_block, packed_keys * kColumns, sums,
                               v_padded, true);
  }
  for (int64_t i = 0; i < count; i++) {
    const float share = 1 / total[i];
    for (int64_t j = 0; j < t.value_dim; j++) out[i * o_row + j] = sums[i * v_padded + j] * share;
    lse[i] = peak[i] + std::log(total[i]);
  }
}

void attention(const Attention& t) {
  const int64_t group = t.heads / t.kv_heads, q_row = t.heads * t.head_dim, o_row = t.heads * t.value_dim;
  const int64_t k_row = t.kv_heads * t.head_dim, v_row = t.kv_heads * t.value_dim;
  const int64_t v_padded = round_up(t.value_dim, kColumns);
  const int64_t blocks = ceil_div(t.seq, kQueryBlock);
  // All heads of a group and a run of query blocks share one packing of their keys; few sequences are cut into more runs.
  const int64_t runs = least(blocks, most<int64_t>(1, ceil_div(32, t.batch * t.kv_heads)));
  parallel(t.batch * t.kv_heads * runs, [&](int64_t task) {
    // Later runs see more keys, so they start first.
    const int64_t run = runs - 1 - task % runs, kv = task / runs % t.kv_heads, b = task / runs / t.kv_heads;
    const int64_t first_query = run * blocks / runs * kQueryBlock;
    const int64_t last_query = least(t.seq, (run + 1) * blocks / runs * kQueryBlock);
    if (first_query >= last_query) return;
    const int64_t first_block = visible_keys(t, t.offset + first_query).begin / kKeyBlock;
    const int64_t key_end = visible_keys(t, t.offset + last_query - 1).end;
    const int64_t key_blocks = ceil_div(key_end, kKeyBlock) - first_block;
    float* const k_packed = scratch(Scratch::attention, key_blocks * kKeyBlock * (t.head_dim + v_padded) +
                                                            kQueryBlock * (kKeyBlock + v_padded + 2));
    float* const v_packed = k_packed + key_blocks * kKeyBlock * t.head_dim;
    float* const space = v_packed + key_blocks * kKeyBlock * v_padded;
    for (int64_t i = 0; i < key_blocks; i++) {
      const int64_t key = (first_block + i) * kKeyBlock, keys = least(kKeyBlock, t.key_seq - key);
      float* const k_block = k_packed + i * kKeyBlock * t.head_dim;
      if (keys < kKeyBlock) {
        for (int64_t j = 0; j < kKeyBlock * t.head_dim; j++) k_block[j] = 0;
      }
      pack_lines_across(t.key + (b * t.key_seq + key) * k_row + kv * t.head_dim, k_row, keys, t.head_dim, k_block);
      pack_lines_along(t.value + (b * t.key_seq + key) * v_row + kv * t.value_dim, v_row, keys, t.value_dim,
                       v_packed + i * kKeyBlock * v_padded);
    }
    for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
      for (int64_t first = first_query; first < last_query; first += kQueryBlock) {
        attend_block(t, first, least(kQueryBlock, last_query - first), t.query + (b * t.seq + first) * q_row + h * t.head_dim,
                     q_row, k_packed, v_packed, v_padded, first_block, t.sinks ? t.sinks + h : nullptr,
                     t.out + (b * t.seq + first) * o_row + h * t.value_dim, o_row, t.lse + (b * t.heads + h) * t.seq + first, space);
      }
    }
  });
}

// One key block against one query block: adds to dK, dV (padded rows in scratch) and to dQ.
struct BlockGradient {
  const Attention& t;
  int64_t key, keys;                    // the key block
  const float *k_across, *v_across;     // packed for products over the head dimension
  const float* k_along;                 // packed for the product over keys
  float *d_key, *d_value;               // [kKeyBlock, padded]
  int64_t k_padded, v_padded;
  float *weights, *d_scores;            // [kQueryBlock, kKeyBlock]
};

inline void gradient_block(const BlockGradient& g, int64_t first, int64_t count, const float* query, int64_t q_row,
                           const float* d_out, int64_t o_row, const float* q_along, const float* o_along, const float* lse,
                           const float* delta, float* d_query) {
  const Attention& t = g.t;
  // What the last query sees of the block: on the diagonal the rest is not computed.
  const int64_t keys = least(g.keys, visible_keys(t, t.offset + first + count - 1).end - g.key), columns = round_up(keys, kColumns);
  block_product<Access::row>(count, columns, t.head_dim, query, q_row, kRows * q_row, g.k_across, t.head_dim * kColumns,
                             g.weights, kKeyBlock, false);
  block_product<Access::row>(count, columns, t.value_dim, d_out, o_row, kRows * o_row, g.v_across, t.value_dim * kColumns,
                             g.d_scores, kKeyBlock, false);
  for (int64_t i = 0; i < count; i++) {
    const Span seen = visible_keys(t, t.offset + first + i);
    float *const w = g.weights + i * kKeyBlock, *const d = g.d_scores + i * kKeyBlock;
    for_scores(seen.begin - g.key, least(keys, seen.end - g.key), columns, [&](int64_t j, Words hidden) {
      const Vector score = finish_scores(load(w + j), t);
      const Vector weight = exponential(score - lse[i]);
      Vector slope = weight * (load(d + j) - delta[i]) * t.scale;
      if (t.softcap > 0) {
        const Vector tangent = score / t.softcap;
        slope = slope * (1.0f - tangent * tangent);
      }
      store(w + j, hidden ? Vector{} : weight);
      store(d + j, hidden ? Vector{} : slope);
    });
  }
  block_product<Access::column>(keys, g.v_padded, count, g.weights, kKeyBlock, kRows, o_along, count * kColumns, g.d_value,
                                g.v_padded, true);
  block_product<Access::column>(keys, g.k_padded, count, g.d_scores, kKeyBlock, kRows, q_along, count * kColumns, g.d_key,
                                g.k_padded, true);
  block_product<Access::row>(count, t.head_dim, keys, g.d_scores, kKeyBlock, kRows * kKeyBlock, g.k_along,
                             g.keys * kColumns, d_query, q_row, true);
}

void attention_gradient(const Attention& t) {
  const int64_t group = t.heads / t.kv_heads, q_row = t.heads * t.head_dim, o_row = t.heads * t.value_dim;
  const int64_t k_row = t.kv_heads * t.head_dim, v_row = t.kv_heads * t.value_dim;
  const int64_t k_padded = round_up(t.head_dim, kColumns), v_padded = round_up(t.value_dim, kColumns);
  const int64_t blocks = ceil_div(t.seq, kQueryBlock);
  parallel(t.batch * t.kv_heads, [&](int64_t task) {
    const int64_t kv = task % t.kv_heads, b = task / t.kv_heads;
    const int64_t packed_query = kQueryBlock * (k_padded + v_padded);
    float* next = scratch(Scratch::attention, group * (blocks * packed_query + t.seq) +
                                                  kKeyBlock * (t.head_dim + t.value_dim + 2 * k_padded + v_padded) +
                                                  2 * kQueryBlock * kKeyBlock);
    const auto take = [&next](int64_t floats) {
      float* const taken = next;
      next += floats;
      return taken;
    };
    float* const packed = take(group * blocks * packed_query);  // queries and output gradients, ready for dK and dV
    float* const delta = take(group * t.seq);                   // Σ dO O per query
    float *const k_across = take(kKeyBlock * t.head_dim), *const v_across = take(kKeyBlock * t.value_dim);
    float* const k_along = take(kKeyBlock * k_padded);
    float *const d_key = take(kKeyBlock * k_padded), *const d_value = take(kKeyBlock * v_padded);
    float *const weights = take(kQueryBlock * kKeyBlock), *const d_scores = take(kQueryBlock * kKeyBlock);
    for (int64_t g = 0; g < group; g++) {
      const int64_t h = kv * group + g;
      for (int64_t i = 0; i < blocks; i++) {
        const int64_t first = i * kQueryBlock, count = least(kQueryBlock, t.seq - first), line = b * t.seq + first;
        float* const to = packed + (g * blocks + i) * packed_query;
        pack_lines_along(t.query + line * q_row + h * t.head_dim, q_row, count, t.head_dim, to);
        pack_lines_along(t.d_out + line * o_row + h * t.value_dim, o_row, count, t.value_dim, to + kQueryBlock * k_padded);
        for (int64_t r = 0; r < count; r++) {
          const int64_t at = (line + r) * o_row + h * t.value_dim;
          delta[g * t.seq + first + r] = dot<Plain>(t.value_dim, t.out + at, t.d_out + at);
          float* const dq = t.d_query + (line + r) * q_row + h * t.head_dim;
          for (int64_t j = 0; j < t.head_dim; j++) dq[j] = 0;
        }
      }
      if (t.sinks) {
        // The sink's column has no value: dScore = weight (0 - delta), summed over the queries.
        const float* const lse = t.lse + (b * t.heads + h) * t.seq;
        float sum = 0;
        for (int64_t i = 0; i < t.seq; i++) sum -= std::exp(t.sinks[h] - lse[i]) * delta[g * t.seq + i];
        t.d_sinks[b * t.heads + h] = sum;
      }
    }
    for (int64_t key = 0; key < t.key_seq; key += kKeyBlock) {
      const int64_t keys = least(kKeyBlock, t.key_seq - key), line = b * t.key_seq + key;
      const float *const k_from = t.key + line * k_row + kv * t.head_dim, *const v_from = t.value + line * v_row + kv * t.value_dim;
      if (keys < kKeyBlock) {
        for (int64_t j = 0; j < kKeyBlock * t.head_dim; j++) k_across[j] = 0;
        for (int64_t j = 0; j < kKeyBlock * t.value_dim; j++) v_across[j] = 0;
      }
      pack_lines_across(k_from, k_row, keys, t.head_dim, k_across);
      pack_lines_across(v_from, v_row, keys, t.value_dim, v_across);
      pack_lines_along(k_from, k_row, keys, t.head_dim, k_along);
      for (int64_t j = 0; j < kKeyBlock * k_padded; j++) d_key[j] = 0;
      for (int64_t j = 0; j < kKeyBlock * v_padded; j++) d_value[j] = 0;
      // Queries that see some key of the block: positions [key, key + keys - 1 + window).
      const int64_t begin = most<int64_t>(0, key - t.offset);
      int64_t end = t.window > 0 ? least(t.seq, key + keys - 1 + t.window - t.offset) : t.seq;
      // The chunk of the last key ends before this position.
      if (t.chunk > 0) end = least(end, ((key + keys - 1) / t.chunk + 1) * t.chunk - t.offset);
      const BlockGradient g{t, key, keys, k_across, v_across, k_along, d_key, d_value, k_padded, v_padded, weights, d_scores};
      for (int64_t head = 0; head < group; head++) {
        const int64_t h = kv * group + head;
        for (int64_t i = begin / kQueryBlock; i * kQueryBlock < end; i++) {
          const int64_t first = i * kQueryBlock, count = least(kQueryBlock, t.seq - first), row = b * t.seq + first;
          const float* const own = packed + (head * blocks + i) * packed_query;
          gradient_block(g, first, count, t.query + row * q_row + h * t.head_dim, q_row,
                         t.d_out + row * o_row + h * t.value_dim, o_row, own, own + kQueryBlock * k_padded,
                         t.lse + (b * t.heads + h) * t.seq + first, delta + head * t.seq + first,
                         t.d_query + row * q_row + h * t.head_dim);
        }
      }
      for (int64_t i = 0; i < keys; i++) {
        float *const dk = t.d_key + (line + i) * k_row + kv * t.head_dim, *const dv = t.d_value + (line + i) * v_row + kv * t.value_dim;
        for (int64_t j = 0; j < t.head_dim; j++) dk[j] = d_key[i * k_padded + j];
        for (int64_t j = 0; j < t.value_dim; j++) dv[j] = d_value[i * v_padded + j];
      }
    }
  });
}

}  // namespace
}  // namespace supra
