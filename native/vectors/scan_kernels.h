#pragma once

#include <cstddef>
#include <cstdint>

#include "native/vectors/dot.h"

namespace sightline {

// Rows are scanned in groups of this many: [bytes, kScanGroup], the same byte of all rows together.
inline constexpr size_t kScanGroup = 32;

// tables: [2 * bytes, 16]; group: [bytes, kScanGroup]; sums: [kScanGroup]. Each row's sum over its
// nibbles of tables[nibble][value], the low nibble of byte b being nibble 2b; modulo 2^16. The same
// on all targets.
using ScanGroupFn = void (*)(const uint8_t* tables, const uint8_t* group, size_t bytes,
                             uint16_t* sums);

// The level's kernel; the scalar one where the level is not available.
ScanGroupFn scan_group_kernel(SimdLevel level);

// The widest available kernel.
ScanGroupFn best_scan_group_kernel();

// One kernel per file, as the instructions allow.
void scan_group_scalar(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums);
void scan_group_sse4(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums);
void scan_group_avx2(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums);
void scan_group_wasm(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums);

}  // namespace sightline
