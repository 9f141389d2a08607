// The kernels for any machine.
#define CK_SET portable
#define CK_ROWS 6
#define CK_VECTORS 1

#include "kernels.inc"
