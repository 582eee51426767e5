#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"

namespace sightline {

// Codes fitted to the queries as well as to the vectors (FORMAT.md, section 5b).
//
// What must be small is the error of the inner product with the queries that come, not the error of
// the vector: so a vector x is coded by components y of W (x - mean), W the square root of the
// queries' second moment, most spread component first. The query side is a linear map of its own,
// weights = transform * query, such that query . x = query . mean + weights . y.
//
// A component is a number of 2-bit digits, more of them the more it spreads. All digits of a row
// stand in the order of what they contribute: the first tier of a row is searched, the rest refines
// what the search found. Components are coded relative to the centroid of the row's cell.
struct QueryAwareCodes {
  std::vector<float> mean;        // [dim]
  std::vector<float> scale;       // [components] of the transform's rows
  std::vector<int8_t> transform;  // [components, dim]
  std::vector<float> step;        // [components] of the last digit
  std::vector<uint16_t> digits;   // component of each digit; its more significant ones come first
  uint32_t first_digits = 0;      // digits of the first tier, a multiple of 4
  // Components that are needed before refinement, by the first tier or by centroids: their rows of
  // the transform are in the root.
  uint32_t root_components = 0;

  size_t dim() const { return mean.size(); }
  size_t components() const { return step.size(); }
  size_t row_bytes() const { return digits.size() / 4; }
  size_t first_bytes() const { return first_digits / 4; }
  size_t rest_bytes() const { return row_bytes() - first_bytes(); }
};

// Digits of each component: [components].
std::vector<uint8_t> digit_counts(const QueryAwareCodes& codes);

// Components that the first tier codes.
size_t first_components(const QueryAwareCodes& codes);

// y: [components], relative to the cell's centroid -> code: [row_bytes]. Byte b holds digits 4b to
// 4b + 3, the first in its lowest bits. Values outside a component's range are clamped.
void encode_components(const QueryAwareCodes& codes, std::span<const float> y,
                       std::span<uint8_t> code);

// The components a code stands for, in the middle of their steps: [components].
std::vector<float> decode_components(const QueryAwareCodes& codes, std::span<const uint8_t> code);

// The vector with those components: [dim]. Requires the whole transform.
std::vector<float> vector_of_components(const QueryAwareCodes& codes, std::span<const float> y);

// How a query weighs the components, in the unit of similarities.
struct QueryWeights {
  std::vector<double> weights;  // [components known]
  double bias = 0;              // query . mean
};

// query: [dim]. It is rounded once to int16; what follows is integer arithmetic and f64 in a fixed
// order, so that all targets agree. Refuses another dimension and NaN or infinite values. Of a
// transform whose rest is not there yet, the known rows are used.
Result<QueryWeights> weigh_query(const QueryAwareCodes& codes, std::span<const float> query);

// What each nibble (two digits) of the first tier adds to a similarity, as bytes:
// similarity ~ base + unit * sum over nibbles of table[nibble][value].
struct ScanTables {
  std::vector<uint8_t> tables;  // [2 * first_bytes, 16]
  double base = 0;
  double unit = 0;  // above 0
};
// What a similarity adds to such sums, rounded; bounded, so that no sum overflows.
int32_t scan_offset(double similarity, const ScanTables& scan);
ScanTables make_scan_tables(const QueryAwareCodes& codes, const QueryWeights& query);

// What each digit of a row adds: similarity = base + unit * sum of values[i] * digit[i].
struct DigitValues {
  std::vector<int16_t> values;  // [digits]
  double base = 0;
  double unit = 0;
};
// Of components without weights, nothing.
DigitValues make_digit_values(const QueryAwareCodes& codes, const QueryWeights& query);

// Sum of values[i] * digit[i] over the digits of bytes.
int32_t dot_digits(std::span<const int16_t> values, std::span<const uint8_t> bytes);

// The payload of a codes object's parameters with the root's rows of the transform, and the other
// rows; and back. parse leaves the other rows out until take_rest brings them.
std::vector<uint8_t> write_query_aware_codes(const QueryAwareCodes& codes);
std::vector<uint8_t> write_transform_rest(const QueryAwareCodes& codes);
Result<QueryAwareCodes> parse_query_aware_codes(std::span<const uint8_t> payload, uint32_t dim);
Result<void> take_transform_rest(QueryAwareCodes& codes, std::span<const uint8_t> payload);

}  // namespace sightline
