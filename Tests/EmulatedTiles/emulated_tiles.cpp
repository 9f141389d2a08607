// The instructions of tiles as Intel's manual states them (volume 2: LDTILECFG, TILELOADD, TDPBF16PS, TILESTORED,
// TILEZERO, TILERELEASE), and the kernels that use them, compiled with these in their place.
#include "emulated_tiles.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

struct Tile {
  uint32_t lines[16][16];
};
thread_local Tile tiles[8];
thread_local bool configured = false;

void demand(bool holds) {
  if (!holds) std::abort();
}

void _tile_loadconfig(const void *from) {
  auto bytes = static_cast<const uint8_t *>(from);
  demand(!configured && reinterpret_cast<uintptr_t>(from) % 64 == 0 && bytes[0] == 1 && bytes[1] == 0);
  for (int tile = 0; tile < 8; ++tile) {
    uint16_t width;
    std::memcpy(&width, bytes + 16 + 2 * tile, sizeof width);
    demand(width == 64 && bytes[48 + tile] == 16);
  }
  configured = true;
}
void _tile_release() { configured = false; }
void _tile_zero(int tile) {
  demand(configured);
  tiles[tile] = {};
}
void _tile_loadd(int tile, const void *from, int64_t stride) {
  demand(configured);
  for (int i = 0; i < 16; ++i) std::memcpy(tiles[tile].lines[i], static_cast<const char *>(from) + i * stride, 64);
}
void _tile_stored(int tile, void *to, int64_t stride) {
  demand(configured);
  for (int i = 0; i < 16; ++i) std::memcpy(static_cast<char *>(to) + i * stride, tiles[tile].lines[i], 64);
}
float number(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
void _tile_dpbf16ps(int to, int left, int right) {
  demand(configured);
  for (int i = 0; i < 16; ++i)
    for (int k = 0; k < 16; ++k)
      for (int j = 0; j < 16; ++j) {
        uint32_t &bits = tiles[to].lines[i][j], a = tiles[left].lines[i][k], b = tiles[right].lines[k][j];
        float sum = number(bits) + number(a << 16) * number(b << 16);
        sum += number(a & 0xFFFF0000) * number(b & 0xFFFF0000);
        std::memcpy(&bits, &sum, sizeof sum);
      }
}

}  // namespace

#define CK_SET emulated
#define CK_TILES
#define CK_ROWS 14
#define CK_VECTORS 2
#include "../../Sources/CKernels/kernels.inc"

int64_t emulated_product_scratch(const ck_product *product) { return ck::emulated.product_scratch(product); }
void emulated_run_product(const ck_product *product) { ck::emulated.run_product(product); }
int64_t emulated_panels(int64_t depth, int64_t columns) { return ck::emulated.panels(depth, columns); }
void emulated_pack_panels(const ck_product *product) { ck::emulated.pack_panels(product); }
