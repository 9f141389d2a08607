// The kernels of products by tiles on processors that have none.
#ifndef EMULATED_TILES_H
#define EMULATED_TILES_H

#include "ckernels.h"

#ifdef __cplusplus
extern "C" {
#endif

int64_t emulated_product_scratch(const ck_product *product);
void emulated_run_product(const ck_product *product);
int64_t emulated_panels(int64_t depth, int64_t columns);
void emulated_pack_panels(const ck_product *product);

#ifdef __cplusplus
}
#endif
#endif
