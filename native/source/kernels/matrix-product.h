// Matrix products: operands packed into panels, a register tile per step (Goto and van de Geijn 2008).
//
// B is packed into panels of kColumns adjacent columns, A into panels of kRows rows; the tile kernel keeps
// kRows x kColumns sums in registers. Transposes and the rounding to bfloat16 happen while packing. The sums over depth
// are cut every kDepth numbers and nowhere else, so that a result never depends on the threads or on the row blocks.

namespace supra {
namespace {

constexpr int kVectors = 2;
constexpr int kColumns = kVectors * kWidth;
#if SUPRA_WIDTH == 16
constexpr int kRows = 12;
#else
constexpr int kRows = 6;
#endif
constexpr int64_t kDepth = 256;
constexpr int64_t kRowBlock = 72;
constexpr int64_t kColumnBlock = 2048;
constexpr int64_t kFewPanels = 8;
constexpr int64_t kPackedFloats = 1 << 18;  // of B at once: 1 MiB stays in a near cache

struct Plain {
  static constexpr bool rounds = false;
  static inline Two two(Two x) { return x; }
  static inline Four four(Four x) { return x; }
  static inline Vector vector(Vector x) { return x; }
};
struct Bfloat16 {
  static constexpr bool rounds = true;
  static inline Two two(Two x) { return to_bfloat16<Two, TwoWords>(x); }
  static inline Four four(Four x) { return to_bfloat16<Four, FourWords>(x); }
  static inline Vector vector(Vector x) { return to_bfloat16<Vector, Words>(x); }
};

// Packs `lanes` lines of x (each `depth` long, adjacent along depth, `line` apart) as out[d * panel + lane]; missing
// lanes become 0. Works four lanes at a time by transposing 4 x 4 blocks in registers.
template <class Rounding>
inline void pack_across(const float* x, int64_t line, int64_t lanes, int64_t depth, int64_t panel, float* out) {
  int64_t lane = 0;
  for (; lane + 4 <= lanes; lane += 4) {
    const float* r0 = x + lane * line;
    const float *r1 = r0 + line, *r2 = r1 + line, *r3 = r2 + line;
    float* to = out + lane;
    int64_t d = 0;
    for (; d + 4 <= depth; d += 4) {
      const Four a = Rounding::four(load_as<Four>(r0 + d)), b = Rounding::four(load_as<Four>(r1 + d));
      const Four c = Rounding::four(load_as<Four>(r2 + d)), e = Rounding::four(load_as<Four>(r3 + d));
      const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const Four ce_low = __builtin_shufflevector(c, e, 0, 4, 1, 5), ce_high = __builtin_shufflevector(c, e, 2, 6, 3, 7);
      store_as(to + d * panel, __builtin_shufflevector(ab_low, ce_low, 0, 1, 4, 5));
      store_as(to + (d + 1) * panel, __builtin_shufflevector(ab_low, ce_low, 2, 3, 6, 7));
      store_as(to + (d + 2) * panel, __builtin_shufflevector(ab_high, ce_high, 0, 1, 4, 5));
      store_as(to + (d + 3) * panel, __builtin_shufflevector(ab_high, ce_high, 2, 3, 6, 7));
    }
    for (; d < depth; d++) store_as(to + d * panel, Rounding::four(Four{r0[d], r1[d], r2[d], r3[d]}));
  }
  for (; lane < lanes; lane++) {
    const float* from = x + lane * line;
    float* to = out + lane;
    int64_t d = 0;
    for (; d + 4 <= depth; d += 4) {
      const Four v = Rounding::four(load_as<Four>(from + d));
      to[d * panel] = v[0];
      to[(d + 1) * panel] = v[1];
      to[(d + 2) * panel] = v[2];
      to[(d + 3) * panel] = v[3];
    }
    for (; d < depth; d++) to[d * panel] = Rounding::four(Four{from[d], 0, 0, 0})[0];
  }
  for (; lane < panel; lane++) {
    for (int64_t d = 0; d < depth; d++) out[d * panel + lane] = 0;
  }
}

// The same from lines that are adjacent across lanes: x[d * step + lane].
template <class Rounding, int kPanel>
inline void pack_along(const float* x, int64_t step, int64_t lanes, int64_t depth, float* out) {
  if (lanes == kPanel && kPanel % kWidth == 0) {
    for (int64_t d = 0; d < depth; d++) {
      for (int v = 0; v < kPanel; v += kWidth) store(out + d * kPanel + v, Rounding::vector(load(x + d * step + v)));
    }
    return;
  }
  if (lanes == kPanel && kPanel % 2 == 0) {
    for (int64_t d = 0; d < depth; d++) {
      const float* from = x + d * step;
      float* to = out + d * kPanel;
      int v = 0;
      for (; v + 4 <= kPanel; v += 4) store_as(to + v, Rounding::four(load_as<Four>(from + v)));
      if (v < kPanel) store_as(to + v, Rounding::two(load_as<Two>(from + v)));
    }
    return;
  }
  for (int64_t d = 0; d < depth; d++) {
    for (int64_t lane = 0; lane < kPanel; lane++) {
      out[d * kPanel + lane] = lane < lanes ? Rounding::four(Four{x[d * step + lane], 0, 0, 0})[0] : 0;
    }
  }
}

// One panel of kPanel lanes, from either direction.
template <class Rounding, int kPanel>
inline void pack_panel(const float* x, int64_t lane_stride, int64_t depth_stride, int64_t lanes, int64_t depth, float* out) {
  if (depth_stride == 1 && lane_stride != 1) pack_across<Rounding>(x, lane_stride, lanes, depth, kPanel, out);
  else pack_along<Rounding, kPanel>(x, depth_stride, lanes, depth, out);
}

#if defined(SUPRA_BF16_DOT)
// Pairs of bfloat16: a word holds steps 2i (low half) and 2i + 1 (high half) of the depth, as dot instructions want them.
template <class V, class W>
inline V pair_up(V even, V odd) {
  const W low = (W)to_bfloat16<V, W>(even), high = (W)to_bfloat16<V, W>(odd);
  return (V)(((low >> 16) & 0xffff) | (high & (int32_t)0xffff0000));
}

// pack_across for pairs: out[pair * panel + lane].
inline void pack_pairs_across(const float* x, int64_t line, int64_t lanes, int64_t depth, int64_t panel, float* out) {
  const auto pair_at = [&](const float* from, int64_t d) {
    return pair_up<Four, FourWords>(Four{from[d], 0, 0, 0}, Four{d + 1 < depth ? from[d + 1] : 0, 0, 0, 0});
  };
  int64_t lane = 0;
  for (; lane + 4 <= lanes; lane += 4) {
    const float* const first = x + lane * line;
    float* const to = out + lane;
    int64_t d = 0;
    for (; d + 8 <= depth; d += 8) {
      Four r[4];
      for (int i = 0; i < 4; i++) {
        const Four low = load_as<Four>(first + i * line + d), high = load_as<Four>(first + i * line + d + 4);
        r[i] = pair_up<Four, FourWords>(__builtin_shufflevector(low, high, 0, 2, 4, 6), __builtin_shufflevector(low, high, 1, 3, 5, 7));
      }
      const Four ab_low = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), ab_high = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
      const Four ce_low = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), ce_high = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
      float* const pair = to + d / 2 * panel;
      store_as(pair, __builtin_shufflevector(ab_low, ce_low, 0, 1, 4, 5));
      store_as(pair + panel, __builtin_shufflevector(ab_low, ce_low, 2, 3, 6, 7));
      store_as(pair + 2 * panel, __builtin_shufflevector(ab_high, ce_high, 0, 1, 4, 5));
      store_as(pair + 3 * panel, __builtin_shufflevector(ab_high, ce_high, 2, 3, 6, 7));
    }
    for (; d < depth; d += 2) {
      for (int i = 0; i < 4; i++) to[d / 2 * panel + i] = pair_at(first + i * line, d)[0];
    }
  }
  for (; lane < panel; lane++) {
    for (int64_t d = 0; d < depth; d += 2) out[d / 2 * panel + lane] = lane < lanes ? pair_at(x + lane * line, d)[0] : 0;
  }
}

// pack_along for pairs.
template <int kPanel>
inline void pack_pairs_along(const float* x, int64_t step, int64_t lanes, int64_t depth, float* out) {
  for (int64_t d = 0; d < depth; d += 2) {
    const float* const even = x + d * step;
    const float* const odd = d + 1 < depth ? even + step : nullptr;
    float* const to = out + d / 2 * kPanel;
    int64_t lane = 0;
    for (; lane + kWidth <= lanes; lane += kWidth) {
      store(to + lane, pair_up<Vector, Words>(load(even + lane), odd ? load(odd + lane) : Vector{}));
    }
    for (; lane + 4 <= lanes; lane += 4) {
      store_as(to + lane, pair_up<Four, FourWords>(load_as<Four>(even + lane), odd ? load_as<Four>(odd + lane) : Four{}));
    }
    for (; lane < kPanel; lane++) {
      const float low = lane < lanes ? even[lane] : 0, high = lane < lanes && odd ? odd[lane] : 0;
      to[lane] = pair_up<Four, FourWords>(Four{low, 0, 0, 0}, Four{high, 0, 0, 0})[0];
    }
  }
}

inline Vector dot_pairs(Vector sum, Words a, Words b) {
#if defined(__AVX512BF16__)
  return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
  // The instruction in plain words, so that everything around it is tested on every machine.
  const int32_t high = (int32_t)0xffff0000;
  return sum + (Vector)(a & high) * (Vector)(b & high) + (Vector)(a << 16) * (Vector)(b << 16);
#endif
}

// What a step of the depth is to packing and tile kernel: one number, or a pair of bfloat16.
struct PairStep {
  static constexpr bool reads_rows = false;
  static inline int64_t count(int64_t depth) { return (depth + 1) / 2; }
  template <int kPanel>
  static inline void pack(const float* x, int64_t lane_stride, int64_t depth_stride, int64_t lanes, int64_t depth, float* out) {
    for (int64_t lane = 0; lane < lanes; lane += kPanel, x += kPanel * lane_stride, out += kPanel * count(depth)) {
      const int64_t present = least<int64_t>(kPanel, lanes - lane);
      if (depth_stride == 1 && lane_stride != 1) pack_pairs_across(x, lane_stride, present, depth, kPanel, out);
      else pack_pairs_along<kPanel>(x, depth_stride, present, depth, out);
    }
  }
  static inline Vector add(Vector sum, float row, Vector column) {
    int32_t word;
    __builtin_memcpy(&word, &row, sizeof word);
    return dot_pairs(sum, word - Words{}, (Words)column);
  }
};
#endif

// All panels of `lanes` lanes, one after the other. Lines that are adjacent across lanes are read once, whole, and dealt out to
// the panels: panel by panel every line would be fetched again for each few floats of it.
template <class Rounding, int kPanel>
inline void pack_panels(const float* x, int64_t lane_stride, int64_t depth_stride, int64_t lanes, int64_t depth, float* out) {
  if (lane_stride != 1 || depth_stride == 1) {
    for (int64_t lane = 0; lane < lanes; lane += kPanel) {
      pack_panel<Rounding, kPanel>(x + lane * lane_stride, lane_stride, depth_stride, least<int64_t>(kPanel, lanes - lane), depth,
                                   out + lane * depth);
    }
    return;
  }
  const int64_t whole = lanes / kPanel * kPanel;
  for (int64_t d = 0; d < depth; d++) {
    const float* from = x + d * depth_stride;
    float* to = out + d * kPanel;
    for (int64_t lane = 0; lane < whole; lane += kPanel, from += kPanel, to += kPanel * depth) {
      int v = 0;
      for (; v + kWidth <= kPanel; v += kWidth) store(to + v, Rounding::vector(load(from + v)));
      for (; v + 4 <= kPanel; v += 4) store_as(to + v, Rounding::four(load_as<Four>(from + v)));
      for (; v + 2 <= kPanel; v += 2) store_as(to + v, Rounding::two(load_as<Two>(from + v)));
    }
  }
  if (whole < lanes) pack_panel<Rounding, kPanel>(x + whole, 1, depth_stride, lanes - whole, depth, out + whole * depth);
}

template <class Rounding>
struct NumberStep {
  static constexpr bool reads_rows = !Rounding::rounds;  // a tile can read A as it lies
  static inline int64_t count(int64_t depth) { return depth; }
  template <int kPanel>
  static inline void pack(const float* x, int64_t lane_stride, int64_t depth_stride, int64_t lanes, int64_t depth, float* out) {
    pack_panels<Rounding, kPanel>(x, lane_stride, depth_stride, lanes, depth, out);
  }
  static inline Vector add(Vector sum, float row, Vector column) { return sum + splat(row) * column; }
};

// How a tile reads A: `column` reads a[r + d * stride] (packed, or a transposed matrix), `row` reads a[r * stride + d].
enum class Access { column, row };

// c[0..rows) x [0..kColumns) (+)= a b with b packed. Bias is added where the sum starts.
template <class Step, Access kAccess, int kCount>
inline __attribute__((always_inline)) void tile_rows(int64_t depth, const float* a, int64_t stride, const float* b,
                                                     float* c, int64_t c_row, bool accumulate, const float* bias) {
  Vector sums[kCount][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kCount; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) sums[r][v] = Vector{};
    __builtin_prefetch(c + r * c_row, 1);
  }
  for (int64_t d = 0; d < depth; d++) {
    Vector columns[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) columns[v] = load(b + d * kColumns + v * kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < kCount; r++) {
      const float row = kAccess == Access::column ? a[r + d * stride] : a[r * stride + d];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) sums[r][v] = Step::add(sums[r][v], row, columns[v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kCount; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) {
      Vector sum = sums[r][v];
      float* to = c + r * c_row + v * kWidth;
      if (bias) sum += load(bias + v * kWidth);
      if (accumulate) sum += load(to);
      store(to, sum);
    }
  }
}

template <class Step, Access kAccess>
inline void tile(int rows, int64_t depth, const float* a, int64_t stride, const float* b, float* c, int64_t c_row,
                 bool accumulate, const float* bias) {
  switch (rows) {
#define SUPRA_ROWS(n) \
  case n: return tile_rows<Step, kAccess, n>(depth, a, stride, b, c, c_row, accumulate, bias);
    SUPRA_ROWS(1) SUPRA_ROWS(2) SUPRA_ROWS(3) SUPRA_ROWS(4) SUPRA_ROWS(5) SUPRA_ROWS(6)
#if SUPRA_WIDTH == 16
    SUPRA_ROWS(7) SUPRA_ROWS(8) SUPRA_ROWS(9) SUPRA_ROWS(10) SUPRA_ROWS(11) SUPRA_ROWS(12)
#endif
#undef SUPRA_ROWS
  }
}

// Fetches the lines of a block of a matrix a few at a time, while something else is computed.
class Prefetch {
 public:
  Prefetch() = default;
  // `rows` lines of memory of `width` floats, `stride` apart, in `steps` steps.
  Prefetch(const float* from, int64_t rows, int64_t width, int64_t stride, int64_t steps)
      : row_(from), at_(0), rows_(rows), width_(width), stride_(stride),
        share_(ceil_div(rows * ceil_div(width, kLine), most<int64_t>(1, steps))) {}
  inline void step() {
    for (int64_t i = 0; i < share_ && rows_ > 0; i++) {
      __builtin_prefetch(row_ + at_, 0, 2);
      at_ += kLine;
      if (at_ >= width_) at_ = 0, row_ += stride_, rows_--;
    }
  }

 private:
  static constexpr int64_t kLine = 16;
  const float* row_ = nullptr;
  int64_t at_ = 0, rows_ = 0, width_ = 0, stride_ = 0, share_ = 0;
};

// c[rows x columns] (+)= a b, b packed in panels `b_panel` floats apart, each row block of a `a_block` floats apart.
template <Access kAccess, class Step = NumberStep<Plain>>
inline void block_product(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t stride, int64_t a_block,
                          const float* b, int64_t b_panel, float* c, int64_t c_row, bool accumulate,
                          const float* bias = nullptr, Prefetch next = Prefetch()) {
  float edge[kRows * kColumns], edge_bias[kColumns];
  for (int64_t column = 0; column < columns; column += kColumns, b += b_panel) {
    const int64_t width = least<int64_t>(kColumns, columns - column);
    const float* tile_bias = bias ? bias + column : nullptr;
    if (bias && width < kColumns) {
      for (int i = 0; i < kColumns; i++) edge_bias[i] = i < width ? bias[column + i] : 0;
      tile_bias = edge_bias;
    }
    for (int64_t row = 0, block = 0; row < rows; row += kRows, block++) {
      const int height = static_cast<int>(least<int64_t>(kRows, rows - row));
      float* to = c + row * c_row + column;
      next.step();
      if (width == kColumns) {
        tile<Step, kAccess>(height, depth, a + block * a_block, stride, b, to, c_row, accumulate, tile_bias);
        continue;
      }
      tile<Step, kAccess>(height, depth, a + block * a_block, stride, b, edge, kColumns, false, tile_bias);
      for (int r = 0; r < height; r++) {
        for (int64_t i = 0; i < width; i++) {
          if (accumulate) to[r * c_row + i] += edge[r * kColumns + i];
          else to[r * c_row + i] = edge[r * kColumns + i];
        }
      }
    }
  }
}

template <class Rounding>
inline float dot(int64_t size, const float* x, const float* y) {
  Vector s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kWidth <= size; i += 4 * kWidth) {
    s0 += Rounding::vector(load(x + i)) * Rounding::vector(load(y + i));
    s1 += Rounding::vector(load(x + i + kWidth)) * Rounding::vector(load(y + i + kWidth));
    s2 += Rounding::vector(load(x + i + 2 * kWidth)) * Rounding::vector(load(y + i + 2 * kWidth));
    s3 += Rounding::vector(load(x + i + 3 * kWidth)) * Rounding::vector(load(y + i + 3 * kWidth));
  }
  for (; i + kWidth <= size; i += kWidth) s0 += Rounding::vector(load(x + i)) * Rounding::vector(load(y + i));
  if (i < size) s1 += Rounding::vector(load_part(x + i, size - i)) * Rounding::vector(load_part(y + i, size - i));
  return sum_of((s0 + s1) + (s2 + s3));
}

// Up to kFewRows rows against a transposed B (a projection of single tokens): reading B is all the work, so nothing is packed.
constexpr int64_t kFewRows = 4;
template <class Rounding>
inline void few_rows_product(const MatrixProduct& p, const float* a, const float* b, float* c) {
  const int64_t grain = most<int64_t>(1, 16384 / most<int64_t>(1, p.depth));
  parallel_ranges(p.columns, grain, [&](int64_t begin, int64_t end) {
    for (int64_t column = begin; column < end; column++) {
      for (int64_t row = 0; row < p.rows; row++) {
        float sum = dot<Rounding>(p.depth, a + row * p.a_row, b + column * p.b_column);
        if (p.bias) sum += p.bias[column];
        float& to = c[row * p.c_row + column];
        to = p.accumulate ? to + sum : sum;
      }
    }
  });
}

template <class Rounding, class Step>
inline void one_product(const MatrixProduct& p, const float* a, const float* b, float* c) {
  if (p.depth == 0) {
    for (int64_t row = 0; row < p.rows; row++) {
      for (int64_t i = 0; i < p.columns; i++) {
        const float start = p.bias ? p.bias[i] : 0;
        float& to = c[row * p.c_row + i];
        to = p.accumulate ? to + start : start;
      }
    }
    return;
  }
  if (p.rows <= kFewRows && p.b_depth == 1 && p.a_depth == 1) return few_rows_product<Rounding>(p, a, b, c);
  const int threads = thread_count();
  // A thread's piece of C: rows when there are enough of them, else columns.
  const bool by_rows = p.rows >= threads * 4 * kRows || p.columns <= kColumns;
  // Rows of a task: the tasks are a multiple of the threads. Inside a task, blocks of A that fit into a near cache.
  const int64_t task_rows = by_rows ? round_up(ceil_div(p.rows, 4 * threads), kRows) : p.rows;
  const int64_t row_block = round_up(ceil_div(task_rows, ceil_div(task_rows, kRowBlock)), kRows);
  for (int64_t column = 0; column < p.columns; column += kColumnBlock) {
    const int64_t width = least(kColumnBlock, p.columns - column);
    const int64_t panels = ceil_div(width, kColumns);
    const float* const bias = p.bias ? p.bias + column : nullptr;
    // B is packed for several cuts of the depth at once: a block of C then stays in a near cache while they are added.
    const int64_t stretch = most<int64_t>(1, kPackedFloats / (panels * kColumns * kDepth)) * kDepth;
    for (int64_t begin = 0; begin < p.depth; begin += stretch) {
      const int64_t end = least(p.depth, begin + stretch);
      float* const packed_b = scratch(Scratch::packed_b, panels * kColumns * Step::count(round_up(end - begin, 2)));
      // Packed B lies cut after cut, panel after panel; every cut but the last has kDepth steps.
      const auto cut_at = [&](int64_t start) { return packed_b + Step::count(start - begin) * panels * kColumns; };
      const auto pack_b = [&](int64_t first, int64_t last) {
        for (int64_t start = begin; start < end; start += kDepth) {
          const int64_t depth = least(kDepth, end - start), panel_size = Step::count(depth) * kColumns;
          Step::template pack<kColumns>(b + start * p.b_depth + (column + first * kColumns) * p.b_column, p.b_column, p.b_depth,
                                        least(width, last * kColumns) - first * kColumns, depth, cut_at(start) + first * panel_size);
        }
      };
      // Rows [row, stop) of this task and the columns of panels [first, last).
      const auto multiply = [&](int64_t row, int64_t stop, int64_t first, int64_t last) {
        const int64_t from = first * kColumns, columns = least(width, last * kColumns) - from;
        for (; row < stop; row += row_block) {
          const int64_t rows = least(row_block, stop - row);
          for (int64_t start = begin; start < end; start += kDepth) {
            const int64_t depth = least(kDepth, end - start), steps = Step::count(depth), panel_size = steps * kColumns;
            const float* const a_from = a + row * p.a_row + start * p.a_depth;
            const bool accumulate = p.accumulate || start > 0;
            const float* const b_from = cut_at(start) + first * panel_size;
            const float* const tile_bias = bias && start == 0 ? bias + from : nullptr;
            float* const c_from = c + row * p.c_row + column + from;
            if constexpr (Step::reads_rows) {
              // For few columns packing A would cost as much as it saves.
              if (p.a_depth == 1 && columns <= kFewPanels * kColumns) {
                block_product<Access::row, Step>(rows, columns, steps, a_from, p.a_row, kRows * p.a_row, b_from, panel_size, c_from,
                                                 p.c_row, accumulate, tile_bias);
                continue;
              }
            }
            float* const packed_a = scratch(Scratch::packed_a, round_up(rows, kRows) * steps);
            Step::template pack<kRows>(a_from, p.a_row, p.a_depth, rows, depth, packed_a);
            // What is packed next: the next cut of these rows, or the first of the next rows.
            const bool same_rows = start + kDepth < end;
            const int64_t next_rows = same_rows ? rows : least(row_block, stop - row - rows);
            const int64_t next_depth = same_rows ? least(kDepth, end - start - kDepth) : least(kDepth, end - begin);
            const float* const next_a = same_rows ? a_from + kDepth * p.a_depth : a + (row + rows) * p.a_row + begin * p.a_depth;
            const int64_t tiles = ceil_div(rows, kRows) * ceil_div(columns, kColumns);
            const Prefetch next = next_rows <= 0        ? Prefetch()
                                  : p.a_depth == 1 ? Prefetch(next_a, next_rows, next_depth, p.a_row, tiles)
                                                   : Prefetch(next_a, next_depth, next_rows, p.a_depth, tiles);
            block_product<Access::column, Step>(rows, columns, steps, packed_a, kRows, kRows * steps, b_from, panel_size, c_from,
                                                p.c_row, accumulate, tile_bias, next);
          }
        }
      };
      if (by_rows) {
        parallel_ranges(panels, most<int64_t>(1, ceil_div(panels, 4 * threads)), pack_b);
        parallel_ranges(p.rows, task_rows, [&](int64_t row, int64_t stop) { multiply(row, stop, 0, panels); });
      } else {
        // Few rows: every task packs its own columns and the (small) A, so one round is enough.
        parallel_ranges(panels, most<int64_t>(1, ceil_div(panels, 4 * threads)), [&](int64_t first, int64_t last) {
          pack_b(first, last);
          multiply(0, p.rows, first, last);
        });
      }
    }
  }
}

template <class Rounding, class Step = NumberStep<Rounding>>
inline void all_products(const MatrixProduct& p) {
  const auto one = [&](int64_t i) {
    one_product<Rounding, Step>(p, p.a + i * p.a_batch, p.b + i * p.b_batch, p.c + i * p.c_batch);
  };
  // Small products of a batch run whole, one per task; large ones share the threads.
  if (p.batch > 1 && (p.batch >= 4 * thread_count() || p.rows * p.columns * p.depth < (1 << 20))) {
    parallel(p.batch, one);
  } else {
    for (int64_t i = 0; i < p.batch; i++) one(i);
  }
}

void matrix_product(const MatrixProduct& p) {
#if defined(SUPRA_BF16_DOT)
  if (p.bf16) return all_products<Bfloat16, PairStep>(p);
#else
  if (p.bf16) return all_products<Bfloat16>(p);
#endif
  all_products<Plain>(p);
}

}  // namespace
}  // namespace supra
