#if defined(__x86_64__)
// The kernels for x86-64 with AVX-512.
#define CK_SET avx512
#define CK_MASKS
#define CK_ROWS 14
#define CK_VECTORS 2
#define CK_TARGET "avx512f,avx512vl,avx512bw,avx512dq,prfchw,avx2,fma"
#include "kernels.inc"
#endif
