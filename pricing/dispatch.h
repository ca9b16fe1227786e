/* How the loops are compiled: inlining, one clone per instruction set, and the promises that let them vectorise. */
#ifndef GEX_DISPATCH_H
#define GEX_DISPATCH_H

#ifdef __FAST_MATH__
#error "pricing: build without -ffast-math (or -Ofast): it cancels the rounding steps of fast_exp and makes prices wrong"
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static __forceinline
#endif

/* One build, three instruction sets: the loader picks the best one for this machine. Needs gcc 12's names of the
 * x86-64 levels and glibc's indirect functions; elsewhere the compiler's own flags decide. GEX_BASELINE leaves the
 * choice out, to test what old machines get: CFLAGS=-DGEX_BASELINE. */
#if !defined(GEX_BASELINE) && defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    __GNUC__ >= 12
#define GEX_DISPATCHED 1
#define MULTIVERSION static __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), noinline))
#elif defined(__GNUC__)
#define MULTIVERSION static __attribute__((noinline))
#else
#define MULTIVERSION static __declspec(noinline)
#endif

/* No iteration reads what another one writes: callers never let outputs overlap inputs. Without the promise the
 * compiler compares all pairs of pointers first, and gives up, silently, above ten pairs. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT __pragma(loop(ivdep))
#endif

/* Columns on the stack begin a line of the cache: vectors that straddle two lines are slower to load and store. */
#if defined(__GNUC__)
#define ALIGNED __attribute__((aligned(64)))
#else
#define ALIGNED __declspec(align(64))
#endif

/* The instruction set the loader picks for the loops on this machine. */
static const char *instruction_set_name(void) {
#ifdef GEX_DISPATCHED
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return "avx512";
    if (__builtin_cpu_supports("x86-64-v3")) return "avx2";
    return "baseline";
#elif defined(__AVX512F__)
    return "avx512";
#elif defined(__AVX2__)
    return "avx2";
#else
    return "baseline";
#endif
}

#endif
