// Element by element work: activations, rotary, embedding rows, arithmetic with broadcasting, sums, strided copies.

namespace supra {
namespace {

constexpr int64_t kGrain = 16384;

template <Activation kKind>
inline Vector activate(Vector x) {
  if constexpr (kKind == Activation::gelu) return 0.5f * x * (1.0f + error_function(x * 0.70710678f));
  if constexpr (kKind == Activation::gelu_tanh) {
    return 0.5f * x * (1.0f + hyperbolic_tangent(0.79788456f * x * (1.0f + 0.044715f * x * x)));
  }
  if constexpr (kKind == Activation::relu) return x > 0.0f ? x : Vector{};
  if constexpr (kKind == Activation::relu2) return x > 0.0f ? x * x : Vector{};
  if constexpr (kKind == Activation::silu) return x * logistic(x);
}

template <Activation kKind>
inline Vector slope(Vector x) {
  if constexpr (kKind == Activation::gelu) {
    return 0.5f * (1.0f + error_function(x * 0.70710678f)) + x * 0.39894228f * exponential(-0.5f * x * x);
  }
  if constexpr (kKind == Activation::gelu_tanh) {
    const Vector t = hyperbolic_tangent(0.79788456f * x * (1.0f + 0.044715f * x * x));
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * (0.79788456f * (1.0f + 0.134145f * x * x));
  }
  if constexpr (kKind == Activation::relu) return x > 0.0f ? splat(1.0f) : Vector{};
  if constexpr (kKind == Activation::relu2) return x > 0.0f ? x + x : Vector{};
  if constexpr (kKind == Activation::silu) {
    const Vector s = logistic(x);
    return s * (1.0f + x * (1.0f - s));
  }
}

template <Activation kKind>
inline void activate_all(int64_t size, const float* x, const float* up, float* y) {
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, auto get, auto put) {
      const Vector v = activate<kKind>(get(x + begin + i));
      put(y + begin + i, up ? v * get(up + begin + i) : v);
    });
  });
}

template <Activation kKind>
inline void activate_all_gradient(int64_t size, const float* x, const float* up, const float* dy, float* dx, float* d_up) {
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, auto get, auto put) {
      const Vector v = get(x + begin + i), d = get(dy + begin + i);
      put(dx + begin + i, d * slope<kKind>(v) * (up ? get(up + begin + i) : splat(1.0f)));
      if (up) put(d_up + begin + i, d * activate<kKind>(v));
    });
  });
}

#define SUPRA_FOR_ACTIVATION(call)                                        \
  switch (kind) {                                                         \
    case Activation::gelu: return call<Activation::gelu> SUPRA_ARGUMENTS; \
    case Activation::gelu_tanh: return call<Activation::gelu_tanh> SUPRA_ARGUMENTS; \
    case Activation::relu: return call<Activation::relu> SUPRA_ARGUMENTS; \
    case Activation::relu2: return call<Activation::relu2> SUPRA_ARGUMENTS; \
    case Activation::silu: return call<Activation::silu> SUPRA_ARGUMENTS; \
  }
void activation(Activation kind, int64_t size, const float* x, const float* up, float* y) {
#define SUPRA_ARGUMENTS (size, x, up, y)
  SUPRA_FOR_ACTIVATION(activate_all)
#undef SUPRA_ARGUMENTS
}
void activation_gradient(Activation kind, int64_t size, const float* x, const float* up, const float* dy, float* dx, float* d_up) {
#define SUPRA_ARGUMENTS (size, x, up, dy, dx, d_up)
  SUPRA_FOR_ACTIVATION(activate_all_gradient)
#undef SUPRA_ARGUMENTS
}
#undef SUPRA_FOR_ACTIVATION

void add_to(int64_t size, const float* x, float* y) {
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, auto get, auto put) { put(y + begin + i, get(y + begin + i) + get(x + begin + i)); });
  });
}

// y = x_share x + z_share z; y may be x or z.
void blend(int64_t size, float x_share, const float* x, float z_share, const float* z, float* y) {
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, auto get, auto put) {
      put(y + begin + i, get(x + begin + i) * x_share + get(z + begin + i) * z_share);
    });
  });
}

void rotary(const Rotary& t) {
  const int64_t positions = t.batch * t.seq, width = t.heads * t.head_dim;
  parallel_ranges(positions, most<int64_t>(1, kGrain / most<int64_t>(1, width)), [&](int64_t begin, int64_t end) {
    for (int64_t position = begin; position < end; position++) {
      const float *const cos = t.cos + position % t.seq * t.half, *const sin = t.sin + position % t.seq * t.half;
      const float direction = t.inverse ? -1 : 1;
      for (int64_t head = 0; head < t.heads; head++) {
        const float* const x = t.x + position * width + head * t.head_dim;
        float* const y = t.y + position * width + head * t.head_dim;
        if (t.interleaved) {
          for (int64_t i = 0; i < t.half; i++) {
            const float a = x[2 * i], b = x[2 * i + 1], s = sin[i] * direction;
            y[2 * i] = a * cos[i] - b * s;
            y[2 * i + 1] = b * cos[i] + a * s;
          }
        } else {
          for_vectors(t.half, [&](int64_t i, auto get, auto put) {
            const Vector a = get(x + i), b = get(x + t.half + i), c = get(cos + i), s = get(sin + i) * direction;
            put(y + i, a * c - b * s);
            put(y + t.half + i, b * c + a * s);
          });
        }
        for (int64_t i = 2 * t.half; i < t.head_dim; i++) y[i] = x[i];
      }
    }
  });
}

void embed(int64_t tokens, int64_t hidden, const float* table, const int32_t* ids, float* y) {
  parallel_ranges(tokens, most<int64_t>(1, kGrain / most<int64_t>(1, hidden)), [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; token++) {
      __builtin_memcpy(y + token * hidden, table + int64_t{ids[token]} * hidden, hidden * sizeof(float));
    }
  });
}

// Every task owns some columns of the table and adds up all tokens there, in their order.
void embed_gradient(int64_t tokens, int64_t hidden, int64_t vocab, const int32_t* ids, const float* dy, float* d_table) {
  parallel_ranges(vocab * hidden, 4 * kGrain, [&](int64_t begin, int64_t end) {
    __builtin_memset(d_table + begin, 0, (end - begin) * sizeof(float));
  });
  parallel_ranges(hidden, 64, [&](int64_t begin, int64_t end) {
    for (int64_t token = 0; token < tokens; token++) {
      const float* const from = dy + token * hidden + begin;
      float* const to = d_table + int64_t{ids[token]} * hidden + begin;
      for_vectors(end - begin, [&](int64_t i, auto get, auto put) { put(to + i, get(to + i) + get(from + i)); });
    }
  });
}

template <Binary kKind>
inline Vector combine(Vector a, Vector b) {
  if constexpr (kKind == Binary::add) return a + b;
  if constexpr (kKind == Binary::subtract) return a - b;
  if constexpr (kKind == Binary::multiply) return a * b;
  if constexpr (kKind == Binary::divide) return a / b;
  if constexpr (kKind == Binary::maximum) return a != a ? a : (b != b ? b : maximum(a, b));
  if constexpr (kKind == Binary::minimum) return a != a ? a : (b != b ? b : minimum(a, b));
}

// Calls body(output index, a offset, b offset, length) for the contiguous runs of the last dimension in [begin, end).
template <class Body>
inline void for_runs(const Strided& s, int64_t begin, int64_t end, const Body& body) {
  const int last = s.rank - 1;
  const int64_t inner = s.dims[last];
  int64_t at[kMaxRank] = {}, rest = begin, a = 0, b = 0;
  for (int d = last; d >= 0; d--) {
    at[d] = rest % s.dims[d];
    rest /= s.dims[d];
    a += at[d] * s.a[d];
    b += at[d] * s.b[d];
  }
  for (int64_t i = begin; i < end;) {
    const int64_t length = least(inner - at[last], end - i);
    body(i, a, b, length);
    i += length;
    a += length * s.a[last];
    b += length * s.b[last];
    at[last] += length;
    for (int d = last; d > 0 && at[d] == s.dims[d]; d--) {
      a += s.a[d - 1] - at[d] * s.a[d];
      b += s.b[d - 1] - at[d] * s.b[d];
      at[d] = 0;
      at[d - 1]++;
    }
  }
}

inline int64_t size_of(const Strided& s) {
  int64_t size = 1;
  for (int d = 0; d < s.rank; d++) size *= s.dims[d];
  return size;
}

template <Binary kKind>
inline void combine_all(const Strided& s, const float* a, const float* b, float* y) {
  const int64_t a_step = s.a[s.rank - 1], b_step = s.b[s.rank - 1];
  parallel_ranges(size_of(s), kGrain, [&](int64_t begin, int64_t end) {
    for_runs(s, begin, end, [&](int64_t to, int64_t a_at, int64_t b_at, int64_t length) {
      for_vectors(length, [&](int64_t i, auto get, auto put) {
        put(y + to + i, combine<kKind>(a_step ? get(a + a_at + i) : splat(a[a_at]), b_step ? get(b + b_at + i) : splat(b[b_at])));
      });
    });
  });
}

void binary(Binary kind, const Strided& s, const float* a, const float* b, float* y) {
  switch (kind) {
    case Binary::add: return combine_all<Binary::add>(s, a, b, y);
    case Binary::subtract: return combine_all<Binary::subtract>(s, a, b, y);
    case Binary::multiply: return combine_all<Binary::multiply>(s, a, b, y);
    case Binary::divide: return combine_all<Binary::divide>(s, a, b, y);
    case Binary::maximum: return combine_all<Binary::maximum>(s, a, b, y);
    case Binary::minimum: return combine_all<Binary::minimum>(s, a, b, y);
  }
}

template <class Function>
inline void map_all(int64_t size, const float* x, float* y, const Function& function) {
  parallel_ranges(size, kGrain, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, auto get, auto put) { put(y + begin + i, function(get(x + begin + i))); });
  });
}

void unary(Unary kind, float argument, int64_t size, const float* x, float* y) {
  switch (kind) {
    case Unary::negate: return map_all(size, x, y, [](Vector v) { return -v; });
    case Unary::square: return map_all(size, x, y, [](Vector v) { return v * v; });
    case Unary::sqrt: return map_all(size, x, y, [](Vector v) { return square_root(v); });
    case Unary::rsqrt: return map_all(size, x, y, [](Vector v) { return 1.0f / square_root(v); });
    case Unary::exp: return map_all(size, x, y, [](Vector v) { return exponential(v); });
    case Unary::tanh: return map_all(size, x, y, [](Vector v) { return hyperbolic_tangent(v); });
    case Unary::sigmoid: return map_all(size, x, y, [](Vector v) { return logistic(v); });
    case Unary::erf: return map_all(size, x, y, [](Vector v) { return error_function(v); });
    case Unary::reciprocal: return map_all(size, x, y, [](Vector v) { return 1.0f / v; });
    case Unary::scale: return map_all(size, x, y, [argument](Vector v) { return v * argument; });
    case Unary::sign:
      return map_all(size, x, y, [](Vector v) { return v > 0.0f ? splat(1.0f) : v < 0.0f ? splat(-1.0f) : v; });
  }
}

// y[outer, inner] = factor Σ x[outer, reduced, inner].
void sum(int64_t outer, int64_t reduced, int64_t inner, float factor, const float* x, float* y) {
  if (inner == 1) {
    if (outer == 1) {
      // One number: pieces of fixed size, added in order.
      const int64_t pieces = ceil_div(reduced, kGrain);
      float* const partials = scratch(Scratch::partials, pieces + 1);
      parallel_ranges(reduced, kGrain, [&](int64_t begin, int64_t end) {
        Vector total{};
        for_vectors(end - begin, [&](int64_t i, auto get, auto) { total += get(x + begin + i); });
        partials[begin / kGrain] = sum_of(total);
      });
      double total = 0;
      for (int64_t i = 0; i < pieces; i++) total += partials[i];
      y[0] = static_cast<float>(total * factor);
      return;
    }
    parallel_ranges(outer, most<int64_t>(1, kGrain / most<int64_t>(1, reduced)), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        Vector total{};
        for_vectors(reduced, [&](int64_t i, auto get, auto) { total += get(x + row * reduced + i); });
        y[row] = sum_of(total) * factor;
      }
    });
    return;
  }
  // Columns in strips; tall columns (a bias gradient) in pieces of fixed height as well, added in order.
  const int64_t strip = 256, strips = ceil_div(inner, strip);
  const int64_t height = 512, pieces = ceil_div(reduced, height);
  float* const partials = pieces > 1 ? scratch(Scratch::partials, pieces * outer * inner) : y;
  parallel(outer * pieces * strips, [&](int64_t task) {
    const int64_t from = task % strips * strip, width = least(strip, inner - from);
    const int64_t piece = task / strips % pieces, o = task / strips / pieces;
    float* const to = partials + (piece * outer + o) * inner + from;
    for (int64_t i = 0; i < width; i++) to[i] = 0;
    for (int64_t r = piece * height; r < least(reduced, (piece + 1) * height); r++) {
      const float* const row = x + (o * reduced + r) * inner + from;
      for_vectors(width, [&](int64_t i, auto get, auto put) { put(to + i, get(to + i) + get(row + i)); });
    }
    if (pieces <= 1) {
      for (int64_t i = 0; i < width; i++) to[i] *= factor;
    }
  });
  if (pieces <= 1) return;
  for (int64_t i = 0; i < outer * inner; i++) {
    float total = 0;
    for (int64_t piece = 0; piece < pieces; piece++) total += partials[piece * outer * inner + i];
    y[i] = total * factor;
  }
}

void copy(const Strided& s, const float* x, float* y) {
  const int64_t step = s.a[s.rank - 1];
  parallel_ranges(size_of(s), kGrain, [&](int64_t begin, int64_t end) {
    for_runs(s, begin, end, [&](int64_t to, int64_t from, int64_t, int64_t length) {
      if (step == 1) __builtin_memcpy(y + to, x + from, length * sizeof(float));
      else for (int64_t i = 0; i < length; i++) y[to + i] = x[from + i * step];
    });
  });
}

void copy_rows(int64_t rows, int64_t width, const float* x, int64_t x_row, float* y, int64_t y_row) {
  parallel_ranges(rows, most<int64_t>(1, kGrain / most<int64_t>(1, width)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) __builtin_memcpy(y + row * y_row, x + row * x_row, width * sizeof(float));
  });
}

}  // namespace
}  // namespace supra
