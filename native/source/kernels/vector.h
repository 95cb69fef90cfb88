// Vectors of the width that the including file chose (SUPRA_WIDTH floats), and the functions on them.
// Everything here has internal linkage: the same source is compiled once per instruction set, and a function that the
// linker shared between them would run instructions that the processor may not have. For the same reason no template of
// the standard library is used.
#include <cmath>
#include <cstdint>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "../kernels.h"
#include "../pool.h"

namespace supra {
namespace {

constexpr int kWidth = SUPRA_WIDTH;
typedef float Vector __attribute__((vector_size(SUPRA_WIDTH * 4)));
typedef int32_t Words __attribute__((vector_size(SUPRA_WIDTH * 4)));
typedef float Two __attribute__((vector_size(8)));
typedef int32_t TwoWords __attribute__((vector_size(8)));
typedef float Four __attribute__((vector_size(16)));
typedef int32_t FourWords __attribute__((vector_size(16)));

template <class V>
inline V load_as(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V>
inline void store_as(float* p, V v) {
  __builtin_memcpy(p, &v, sizeof v);
}
inline Vector load(const float* p) { return load_as<Vector>(p); }
inline void store(float* p, Vector v) { store_as(p, v); }
inline Vector splat(float x) { return x - Vector{}; }
// The first `count` numbers, and `fill` for the others; and back.
#if defined(__AVX512F__) && SUPRA_WIDTH == 16
inline __mmask16 first_lanes(int64_t count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1); }
inline Vector load_part(const float* p, int64_t count, float fill = 0) {
  return (Vector)_mm512_mask_loadu_ps((__m512)splat(fill), first_lanes(count), p);
}
inline void store_part(float* p, Vector v, int64_t count) { _mm512_mask_storeu_ps(p, first_lanes(count), (__m512)v); }
#else
inline Vector load_part(const float* p, int64_t count, float fill = 0) {
  float lanes[kWidth];
  for (int i = 0; i < kWidth; i++) lanes[i] = i < count ? p[i] : fill;
  return load(lanes);
}
inline void store_part(float* p, Vector v, int64_t count) {
  float lanes[kWidth];
  store(lanes, v);
  for (int i = 0; i < count && i < kWidth; i++) p[i] = lanes[i];
}
#endif

template <class T>
inline T least(T a, T b) { return a < b ? a : b; }
template <class T>
inline T most(T a, T b) { return a > b ? a : b; }
inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// Runs body(i) for i in [0, count) on the pool.
template <class Body>
inline void parallel(int64_t count, const Body& body) {
  run_tasks(count, [](void* context, int64_t i) { (*static_cast<const Body*>(context))(i); }, const_cast<Body*>(&body));
}

// Runs body(begin, end) over pieces of [0, size) of at most `grain` elements; the pieces depend on size and grain only.
template <class Body>
inline void parallel_ranges(int64_t size, int64_t grain, const Body& body) {
  parallel(ceil_div(size, grain), [&](int64_t piece) { body(piece * grain, least(size, (piece + 1) * grain)); });
}

// Applies body(offset, load, store) to whole vectors and then to the rest, as one vector that load(p, fill) pads with `fill` (0).
template <class Body>
inline void for_vectors(int64_t size, const Body& body) {
  int64_t i = 0;
  for (; i + kWidth <= size; i += kWidth) body(i, [](const float* p, float = 0) { return load(p); }, [](float* p, Vector v) { store(p, v); });
  const int64_t rest = size - i;
  if (rest > 0) {
    body(i, [rest](const float* p, float fill = 0) { return load_part(p, rest, fill); }, [rest](float* p, Vector v) { store_part(p, v, rest); });
  }
}

// A vector folded to four lanes, and those to one, always by the same halves.
template <class Fold>
inline float fold(Vector v, const Fold& by) {
  float lanes[kWidth];
  store(lanes, v);
#if SUPRA_WIDTH == 16
  Four four = by(by(load_as<Four>(lanes), load_as<Four>(lanes + 8)), by(load_as<Four>(lanes + 4), load_as<Four>(lanes + 12)));
#elif SUPRA_WIDTH == 8
  Four four = by(load_as<Four>(lanes), load_as<Four>(lanes + 4));
#else
  Four four = load_as<Four>(lanes);
#endif
  four = by(four, __builtin_shufflevector(four, four, 2, 3, 0, 1));
  return by(four, __builtin_shufflevector(four, four, 1, 0, 3, 2))[0];
}
inline float sum_of(Vector v) {
  return fold(v, [](Four a, Four b) { return a + b; });
}
inline float max_of(Vector v) {
  return fold(v, [](Four a, Four b) { return a > b ? a : b; });
}
inline Vector maximum(Vector a, Vector b) { return a > b ? a : b; }
inline Vector minimum(Vector a, Vector b) { return a < b ? a : b; }
inline Vector absolute(Vector x) { return (Vector)((Words)x & 0x7fffffff); }

// e^x within about 2 units in the last place; 0 below -87.3, clamped above 88.3. NaN stays NaN.
// x = n ln 2 + r with |r| <= ln 2 / 2, e^r by a polynomial fitted to that interval, 2^n by its exponent bits.
inline Vector exponential(Vector x) {
  const Vector low = splat(-87.33f), high = splat(88.37f);
  const Words vanishes = x < low;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Vector magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  const Vector shifted = x * 1.44269504f + magic;
  const Words n = (Words)shifted - (Words)magic;
  const Vector whole = shifted - magic;
  Vector r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Vector y = p * (Vector)((n + 127) << 23);
  return vanishes ? Vector{} : y;
}

inline Vector logistic(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

// tanh x: an odd polynomial near 0, where 1 - 2 / (e^2x + 1) would cancel, and that formula elsewhere.
inline Vector hyperbolic_tangent(Vector x) {
  const Vector z = x * x;
  Vector p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const Vector near = p * z * x + x;
  const Vector size = absolute(x);
  const Vector far = 1.0f - 2.0f / (exponential(size + size) + 1.0f);
  const Vector signed_far = (Vector)((Words)far | ((Words)x & (int32_t)0x80000000));
  return size < 0.625f ? near : signed_far;
}

// erf x as a rational function of x² on [-4, 4]; outside it is 1 in fp32.
inline Vector error_function(Vector x) {
  x = x < -4.0f ? splat(-4.0f) : x;
  x = x > 4.0f ? splat(4.0f) : x;
  const Vector z = x * x;
  Vector p = z * -2.72614225801306e-10f + 2.77068142495902e-08f;
  p = p * z - 2.10102402082508e-06f;
  p = p * z - 5.69250639462346e-05f;
  p = p * z - 7.34990630326855e-04f;
  p = p * z - 2.95459980854025e-03f;
  p = p * z - 1.60960333262415e-02f;
  Vector q = z * -1.45660718464996e-05f - 2.13374055278905e-04f;
  q = q * z - 1.68282697438203e-03f;
  q = q * z - 7.37332916720468e-03f;
  q = q * z - 1.42647390514189e-02f;
  return x * p / q;
}

inline Vector square_root(Vector x) {
  float lanes[kWidth];
  store(lanes, x);
  for (int i = 0; i < kWidth; i++) lanes[i] = __builtin_sqrtf(lanes[i]);
  return load(lanes);
}

// To the nearest bfloat16, ties to even; NaN stays NaN.
template <class V, class W>
inline V to_bfloat16(V x) {
  const W bits = (W)x;
  const W rounded = (bits + (0x7fff + ((bits >> 16) & 1))) & (int32_t)0xffff0000;
  return x == x ? (V)rounded : (V)(bits | 0x00400000);
}

}  // namespace
}  // namespace supra
