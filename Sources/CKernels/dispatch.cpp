// Which kernels run: those of the widest instruction set that this machine has.
#include "pool.h"
#include "table.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ck {
namespace {

#if defined(__x86_64__)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
bool has_avx512bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
// Tiles are 8 KiB of registers: Linux saves those of processes alone that have asked for them.
bool asks_for_tiles() {
#if defined(__linux__)
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM and XFEATURE_XTILEDATA
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  bool has_bf16 = d >> 22 & 1, has_tiles = d >> 24 & 1;
  return has_bf16 && has_tiles && syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}
bool has_amx() {
  static const bool has = has_avx512bf16() && asks_for_tiles();
  return has;
}
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

// libtorch's variable that narrows its instruction set narrows this one too.
const Table *widest() {
#if defined(__x86_64__)
  const char *named = std::getenv("ATEN_CPU_CAPABILITY");
  auto is = [named](const char *name) { return named && std::strcmp(named, name) == 0; };
  if (has_amx() && !named) return &amx;
  if (has_avx512bf16() && !named) return &avx512bf16;
  if (has_avx512() && !is("avx2") && !is("default")) return &avx512;
  if (has_avx2() && !is("default")) return &avx2;
#endif
  return &portable;
}

thread_local const Table *chosen = widest();

const Table &table() { return *chosen; }

}  // namespace
}  // namespace ck

const char *ck_instruction_set(void) { return ck::table().name; }

bool ck_use_instruction_set(const char *name) {
#if defined(__x86_64__)
  if (std::strcmp(name, "amx") == 0 && ck::has_amx()) return ck::chosen = &ck::amx, true;
  if (std::strcmp(name, "avx512bf16") == 0 && ck::has_avx512bf16()) return ck::chosen = &ck::avx512bf16, true;
  if (std::strcmp(name, "avx512") == 0 && ck::has_avx512()) return ck::chosen = &ck::avx512, true;
  if (std::strcmp(name, "avx2") == 0 && ck::has_avx2()) return ck::chosen = &ck::avx2, true;
#endif
  if (std::strcmp(name, "portable") == 0) return ck::chosen = &ck::portable, true;
  return false;
}

bool ck_multiplies_halves_faster(void) {
#if defined(__x86_64__)
  const ck::Table *set = ck::widest();
  return set == &ck::amx || (set == &ck::avx512bf16 && __builtin_cpu_is("amd"));
#else
  return false;
#endif
}

int64_t ck_pointwise_scratch(const ck_pointwise *chain) { return ck::table().pointwise_scratch(chain); }
void ck_run_pointwise(const ck_pointwise *chain) { ck::table().run_pointwise(chain); }
int64_t ck_product_scratch(const ck_product *product) { return ck::table().product_scratch(product); }
int64_t ck_panels(int64_t depth, int64_t columns) { return ck::table().panels(depth, columns); }
void ck_pack_panels(const ck_product *product) { ck::table().pack_panels(product); }
void ck_run_product(const ck_product *product) { ck::table().run_product(product); }
int64_t ck_convolution_scratch(const ck_convolution *convolution) {
  return ck::table().convolution_scratch(convolution);
}
int64_t ck_packed_weights(const ck_convolution *convolution) { return ck::table().packed_weights(convolution); }
void ck_pack_weights(const ck_convolution *convolution) { ck::table().pack_weights(convolution); }
void ck_run_convolution(const ck_convolution *convolution) { ck::table().run_convolution(convolution); }

void ck_run_lanes(const ck_lane *lanes, int64_t count, int32_t slots) {
  const ck::Table &table = ck::table();
  auto run = [&](int64_t index) {
    ck::Alone alone;
    const ck_lane &lane = lanes[ck::thread_index() * count + index];
    for (int64_t i = 0; i < lane.count; ++i) {
      const ck_task &task = lane.tasks[i];
      switch (task.kind) {
        case CK_RUN_PRODUCT: table.run_product(static_cast<const ck_product *>(task.description)); break;
        case CK_RUN_PACK_PANELS: table.pack_panels(static_cast<const ck_product *>(task.description)); break;
        default: table.run_pointwise(static_cast<const ck_pointwise *>(task.description));
      }
    }
  };
  if (ck::thread_count() <= slots) return ck::for_each_piece(count, run);
  for (int64_t i = 0; i < count; ++i) run(i);
}

void ck_run_adam(const ck_adam *adam, const ck_adam_parameter *parameters, int64_t count) {
  ck::table().run_adam(adam, parameters, count);
}

void ck_round(uint16_t *to, const float *from, int64_t count) { ck::table().round(to, from, count); }

void ck_draw_normal(ck_stream *stream, float *to, int64_t count) { ck::table().draw_normal(stream, to, count); }

void ck_do_beside(void (*work)(void *), void *context) { ck::do_beside(work, context); }
void ck_finish_beside(void) { ck::finish_beside(); }

void ck_gather(float *to, const float *table, const int64_t *rows, int64_t count, int64_t width) {
  ck::table().gather(to, table, rows, count, width);
}

void ck_scale_pixels(float *to, const uint8_t *from, int64_t count, float low, float high) {
  ck::table().scale_pixels(to, from, count, low, high);
}

void ck_gather_pixels(
    float *to, const uint8_t *table, const int64_t *rows, int64_t count, int64_t width, float low, float high) {
  ck::table().gather_pixels(to, table, rows, count, width, low, high);
}
