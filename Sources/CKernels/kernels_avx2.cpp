#if defined(__x86_64__)
// The kernels for x86-64 with AVX2.
#define CK_SET avx2
#define CK_ROWS 6
#define CK_VECTORS 1
#define CK_TARGET "avx2,fma,prfchw"
#include "kernels.inc"
#endif
