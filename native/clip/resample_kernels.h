#pragma once

#include <cstddef>
#include <cstdint>

#include "native/clip/resample.h"

namespace sightline {

// Weights of an AxisPlan have so many bits behind the point.
inline constexpr int kFractionBits = 32 - 8 - 2;
inline constexpr int32_t kHalf = 1 << (kFractionBits - 1);

// One row through a plan: [row_width, 3] uint8 -> [outputs, 3] uint8. The same pixels from each.
// avx2: reads 2 bytes behind the row and writes 1 behind the output; needs the instructions.
void resample_row_scalar(const uint8_t* row, const AxisPlan& plan, uint8_t* output);
void resample_row_avx2(const uint8_t* row, const AxisPlan& plan, uint8_t* output);

// A weighted sum of rows: [tap_count, byte_count] uint8 -> [byte_count] uint8.
void resample_column_scalar(const uint8_t* rows, size_t byte_count, const int32_t* weights,
                            uint32_t tap_count, uint8_t* output);
void resample_column_avx2(const uint8_t* rows, size_t byte_count, const int32_t* weights,
                          uint32_t tap_count, uint8_t* output);

}  // namespace sightline
