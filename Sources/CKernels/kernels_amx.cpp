#if defined(__x86_64__)
// The kernels for x86-64 with AVX-512 and AMX, whose tiles multiply bf16.
#define CK_SET amx
#define CK_MASKS
#define CK_HALF_PRODUCTS
#define CK_TILES
#define CK_ROWS 14
#define CK_VECTORS 2
#define CK_TARGET "avx512f,avx512vl,avx512bw,avx512dq,prfchw,avx512bf16,avx2,fma,amx-tile,amx-bf16"
#include "kernels.inc"
#endif
