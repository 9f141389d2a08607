// Dense kernels for steps whose shapes are known: products, chains of elementwise operations with sums at
// their end, and the Adam update, each split over the threads of one pool.
//
// All numbers are 32-bit floats in memory that the caller owns; strides count elements. Work is cut into pieces
// whose bounds depend on the sizes alone, so that results do not depend on the number of threads.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The threads that work on one call, the caller among them. While a call runs, calls of other threads run on their
// own thread alone.
void ck_set_threads(int32_t threads);
// The instruction set whose kernels the calling thread's calls run: "amx", "avx512bf16", "avx512", "avx2" or "portable".
const char *ck_instruction_set(void);
// Takes another set's kernels for the calling thread, for tests; false where the machine lacks it.
bool ck_use_instruction_set(const char *name);
// Whether this machine multiplies bf16 faster than single precision: by the tiles of AMX, or by AVX-512 where that takes
// twice the numbers at once, as AMD's does and Intel's does not.
bool ck_multiplies_halves_faster(void);

// Has the calling thread do some work, of a kind that only one thread can do, while the others have the pieces of its
// next call; at the latest, ck_finish_beside does it.
void ck_do_beside(void (*work)(void *context), void *context);
void ck_finish_beside(void);

// A matrix in memory: element (i, j) lies at base[i * row + j * column]. Where it is in `halves` its numbers are bf16, of
// which `base` points to the first, and its rows are dense and begin at even places, or its columns are.
typedef struct {
  float *base;
  int64_t row, column;
  bool halves;
} ck_matrix;

// What one instruction does to registers a, b, c and the constant k. Masks are 1 or 0.
enum {
  CK_COPY, CK_FILL,                                     // a; k
  CK_ADD, CK_SUB, CK_MUL, CK_DIV, CK_MAX, CK_MIN,       // a op b
  CK_ADD_SCALED,                                        // a + k b
  CK_ADD_K, CK_MUL_K, CK_RSUB_K, CK_RDIV_K,             // a + k, a k, k - a, k / a
  CK_MAX_K, CK_MIN_K, CK_POW_K,                         // max(a, k), min(a, k), a^k
  CK_GREATER, CK_AT_MOST, CK_LESS, CK_AT_LEAST,         // a > k, a <= k, a < k, a >= k as masks
  CK_SELECT,                                            // a != 0 ? b : c
  CK_NEG, CK_ABS, CK_SQUARE, CK_SQRT, CK_RSQRT, CK_RECIPROCAL, CK_EXP, CK_EXPM1, CK_LOG, CK_LOG1P,
  CK_SIGMOID, CK_TANH, CK_SOFTPLUS,
  CK_RELU, CK_LEAKY_RELU, CK_ELU,                       // of a; slope or scale k
  CK_RELU_BACKWARD,                                     // b > k ? a : 0
  CK_LEAKY_RELU_BACKWARD, CK_ELU_BACKWARD,              // slope a, input b, constant k
  CK_ELU_RESULT_BACKWARD,                               // slope a, result b, constant k
  CK_SIGMOID_BACKWARD, CK_TANH_BACKWARD,                // slope a, result b
  CK_SOFTPLUS_BACKWARD,                                 // slope a, input b
  CK_CROSS_ENTROPY,                                     // logits a, targets b
  CK_OPERATION_COUNT
};

typedef struct {
  uint8_t operation, to, a, b, c;
  float k;
} ck_instruction;

// A register's values go to a matrix.
typedef struct {
  ck_matrix matrix;
  int32_t from;
} ck_store;

enum { CK_SUM_ALL, CK_SUM_OVER_ROWS, CK_SUM_OVER_COLUMNS };

// scale times the sum of a register: one number, one of each column, or one of each row. The i-th goes to to[i * stride];
// where `run` is not 0, to to[i % run * stride + i / run * run_stride].
typedef struct {
  float *to;
  int64_t stride;
  float scale;
  int32_t kind, from;
  int64_t run, run_stride;
} ck_sum;

enum { CK_REGISTERS = 48 };

// A chain of elementwise operations over rows x columns. Registers 0 to load_count - 1 hold the loads.
typedef struct {
  int64_t rows, columns;
  const ck_matrix *loads;
  const ck_instruction *instructions;
  const ck_store *stores;
  const ck_sum *sums;
  int32_t load_count, instruction_count, store_count, sum_count;
  float *scratch;  // of ck_pointwise_scratch numbers
} ck_pointwise;

int64_t ck_pointwise_scratch(const ck_pointwise *chain);
void ck_run_pointwise(const ck_pointwise *chain);

// What happens to each number x of a product while it is in a register: x + bias[column]; then, unless `activation` is
// CK_COPY, CK_RELU or CK_LEAKY_RELU of that with constant k; then, where `mask` has memory, x where the mask is above
// 0, and k x elsewhere. `sums`, which may be null, takes sums_scale times the sum of each column of that.
typedef struct {
  const float *bias;
  ck_matrix mask;
  int32_t activation;
  float k;
  float *sums;
  float sums_scale;
} ck_finish;

// The numbers of Adam's update.
typedef struct {
  double rate, beta1, beta2, epsilon, weight_decay;
} ck_adam;

// One parameter with its gradient, Adam's moments, and its number of updates before this one. `rounded`, which may be null,
// takes the value in bf16.
typedef struct {
  float *value, *first, *second;
  const float *gradient;
  float *updates;
  int64_t count;
  uint16_t *rounded;
} ck_adam_parameter;

// Adam's update of all parameters, with PyTorch's semantics.
void ck_run_adam(const ck_adam *adam, const ck_adam_parameter *parameters, int64_t count);

// c = a b, [rows, columns] from [rows, depth] and [depth, columns], finished; then the chain `after`, which may be
// null, on each piece of c while it is in the cache. Where it is there its first load is c. Where `moved` is not null c
// is the gradient of that parameter, which is laid out as a dense c would be: Adam moves it piece by piece, leaving its
// number of updates as it is, and c is written nowhere. There is then no chain and nothing to finish, and there are more
// than 8 columns.
typedef struct {
  int64_t rows, columns, depth;
  ck_matrix a, b, c;
  ck_finish finish;
  const ck_pointwise *after;
  float *scratch;  // of ck_product_scratch numbers
  float *panels;   // null, or b as ck_pack_panels lays it out
  const ck_adam_parameter *moved;
  const ck_adam *adam;
  bool halves;     // whether the factors are multiplied as bf16, unless the depth is under 16 or columns are few; sums are floats
} ck_product;

// Lays out the right factor of products with many columns for the kernels: once for several products by the same
// factor, of which `b`, `depth`, `columns`, `panels` and `halves` are read here. It takes ck_panels numbers.
int64_t ck_panels(int64_t depth, int64_t columns);
void ck_pack_panels(const ck_product *product);

int64_t ck_product_scratch(const ck_product *product);
void ck_run_product(const ck_product *product);

// Which part of a convolution is made from the others.
enum { CK_SMALL_FROM_LARGE, CK_LARGE_FROM_SMALL, CK_WEIGHTS_GRADIENT };

// A convolution relates a small picture [small_channels, small_height, small_width, images] to a large one, both
// dense: small pixel (y, x) and large pixel (y stride + ky - padding, x stride + kx - padding) meet in tap (ky, kx) of
// the weights, [small_channels, large_channels, kernel_height, kernel_width] and dense. `bias` may be null and has a
// number of each channel of the picture that is made. The chain `after`, which may be null, then runs on each piece of
// the picture as a matrix of channels by all else; its first load is the picture. At least 16 images. `packed`, which may
// be null, is where ck_pack_weights has laid the weights out for either picture; else each run lays them out.
typedef struct {
  int32_t kind;
  int64_t images, small_channels, small_height, small_width, large_channels, large_height, large_width;
  int64_t kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width;
  float *small, *large, *weights;
  const float *bias;
  float *packed;
  const ck_pointwise *after;
  float *scratch;  // of ck_convolution_scratch numbers
} ck_convolution;

// The numbers of weights that are laid out; of the fields, it reads only what are no pointers.
int64_t ck_packed_weights(const ck_convolution *convolution);
void ck_pack_weights(const ck_convolution *convolution);

int64_t ck_convolution_scratch(const ck_convolution *convolution);
void ck_run_convolution(const ck_convolution *convolution);

// What runs one after another. Lanes run side by side, each on one thread, in memory that belongs to the thread: there
// are `count` lanes for each of `slots` threads, lanes[slot * count + i] being the i-th for thread `slot`.
enum { CK_RUN_POINTWISE, CK_RUN_PRODUCT, CK_RUN_PACK_PANELS };

typedef struct {
  int32_t kind;
  const void *description;
} ck_task;

typedef struct {
  const ck_task *tasks;
  int64_t count;
} ck_lane;

void ck_run_lanes(const ck_lane *lanes, int64_t count, int32_t slots);

// The state of libtorch's generator of random numbers on the CPU: MT19937's words, the next of them to be drawn, and how
// many are left before new ones are made, and one more.
typedef struct {
  uint32_t words[624];
  int32_t left;
  uint32_t next;
} ck_stream;

// What libtorch's `randn` makes of the stream, to rounding; at least 16 numbers.
void ck_draw_normal(ck_stream *stream, float *to, int64_t count);

// Rounds numbers to bf16.
void ck_round(uint16_t *to, const float *from, int64_t count);

// Copies rows of a table: to[i, :] = table[rows[i], :].
void ck_gather(float *to, const float *table, const int64_t *rows, int64_t count, int64_t width);

// Pixels, 0 to 255, brought to [low, high] on the calling thread: x / 255 is rounded, and then x (high - low) + low.
void ck_scale_pixels(float *to, const uint8_t *from, int64_t count, float low, float high);
// The same of rows of a table of pixels, on all threads.
void ck_gather_pixels(
    float *to, const uint8_t *table, const int64_t *rows, int64_t count, int64_t width, float low, float high);

#ifdef __cplusplus
}
#endif
#endif
