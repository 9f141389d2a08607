// The kernels of one instruction set.
#pragma once

#include "ckernels.h"

namespace ck {

struct Table {
  const char *name;
  int64_t (*pointwise_scratch)(const ck_pointwise *);
  void (*run_pointwise)(const ck_pointwise *);
  int64_t (*product_scratch)(const ck_product *);
  void (*run_product)(const ck_product *);
  int64_t (*panels)(int64_t depth, int64_t columns);
  void (*pack_panels)(const ck_product *);
  int64_t (*convolution_scratch)(const ck_convolution *);
  int64_t (*packed_weights)(const ck_convolution *);
  void (*pack_weights)(const ck_convolution *);
  void (*run_convolution)(const ck_convolution *);
  void (*run_adam)(const ck_adam *, const ck_adam_parameter *, int64_t count);
  void (*round)(uint16_t *, const float *, int64_t count);
  void (*draw_normal)(ck_stream *, float *, int64_t count);
  void (*gather)(float *, const float *, const int64_t *rows, int64_t count, int64_t width);
  void (*scale_pixels)(float *, const uint8_t *, int64_t count, float low, float high);
  void (*gather_pixels)(float *, const uint8_t *, const int64_t *rows, int64_t count, int64_t width, float low, float high);
};

extern const Table amx, avx512bf16, avx512, avx2, portable;

}  // namespace ck
