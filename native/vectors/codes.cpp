#include "native/vectors/codes.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace sightline {
namespace {

constexpr int kMaxCode = 127;
constexpr double kMaxQueryValue = 32767;
constexpr double kMaxQuerySpan = 1000000;  // times 16 * 128 + 8 is below 2^31
constexpr uint32_t kFinePerCode = 16;
constexpr int kFineRange = 16 * kMaxCode + 8;

constexpr size_t nibble_byte(size_t i) { return i / 32 * 16 + i % 16; }
constexpr int nibble_shift(size_t i) { return i % 32 < 16 ? 0 : 4; }

// Half away from zero; the same on every target, whatever the rounding mode.
double round_half_away(double value) {
  return value < 0 ? -std::floor(0.5 - value) : std::floor(value + 0.5);
}

Result<void> check_finite(const std::vector<float>& values, const char* name) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return corrupt(std::string("code parameters: ") + name + " of dimension " + std::to_string(i) +
                   " is " + std::to_string(values[i]) + ", expected a finite number");
  }
  return {};
}

}  // namespace

CodeParameters fit_codes(std::span<const float> rows, size_t dim) {
  CodeParameters parameters{std::vector<float>(dim, 0.0f), std::vector<float>(dim, 0.0f)};
  if (dim == 0 || rows.size() < dim) return parameters;
  std::vector<float> low(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(dim));
  std::vector<float> high = low;
  for (size_t begin = dim; begin + dim <= rows.size(); begin += dim) {
    for (size_t i = 0; i < dim; ++i) {
      low[i] = std::min(low[i], rows[begin + i]);
      high[i] = std::max(high[i], rows[begin + i]);
    }
  }
  for (size_t i = 0; i < dim; ++i) {
    parameters.offset[i] = static_cast<float>((double{low[i]} + high[i]) / 2);
    parameters.step[i] = static_cast<float>((double{high[i]} - low[i]) / (2 * kMaxCode));
  }
  return parameters;
}

void encode_row(const CodeParameters& parameters, std::span<const float> row,
                std::span<int8_t> code, std::span<uint8_t> refinement) {
  std::fill(refinement.begin(), refinement.end(), uint8_t{0});
  for (size_t i = 0; i < row.size(); ++i) {
    const double step = parameters.step[i];
    double value = 0;
    if (step > 0) {
      value = round_half_away((double{row[i]} - parameters.offset[i]) / step * kFinePerCode);
    }
    // From 0 on: the clamped value + 2040, so that division rounds one way.
    const auto fine =
        static_cast<uint32_t>(std::fmin(std::fmax(value + kFineRange, 0), 2 * kFineRange - 1));
    code[i] = static_cast<int8_t>(static_cast<int>(fine / kFinePerCode) - kMaxCode);
    if (!refinement.empty()) {
      refinement[nibble_byte(i)] |= static_cast<uint8_t>((fine % kFinePerCode) << nibble_shift(i));
    }
  }
}

void decode_row(const CodeParameters& parameters, std::span<const int8_t> code,
                std::span<float> row, std::span<const uint8_t> refinement) {
  for (size_t i = 0; i < code.size(); ++i) {
    double steps = code[i];
    if (!refinement.empty()) {
      const int nibble = refinement[nibble_byte(i)] >> nibble_shift(i) & 15;
      steps += double(nibble - 8) / kFinePerCode;
    }
    row[i] = static_cast<float>(parameters.offset[i] + parameters.step[i] * steps);
  }
}

Result<QueryCode> encode_query(const CodeParameters& parameters, std::span<const float> query) {
  if (query.size() != parameters.dim()) {
    return invalid_argument("query vector: has " + std::to_string(query.size()) +
                            " dimensions, the index has " + std::to_string(parameters.dim()) +
                            "; embed it with the model the index was built with");
  }
  std::vector<double> weights(query.size());  // what one code step adds to the inner product
  double largest = 0;
  double total = 0;
  QueryCode code;
  for (size_t i = 0; i < query.size(); ++i) {
    if (!std::isfinite(query[i])) {
      return invalid_argument("query vector: dimension " + std::to_string(i) + " is " +
                              std::to_string(query[i]) + ", expected a finite number");
    }
    weights[i] = double{query[i]} * parameters.step[i];
    largest = std::max(largest, std::abs(weights[i]));
    total += std::abs(weights[i]);
    code.bias += double{query[i]} * parameters.offset[i];
  }
  // Rounding adds at most a half to each value, hence the room left below the limit.
  const double room = kMaxQuerySpan - static_cast<double>(query.size());
  const double unit = std::max(largest / kMaxQueryValue, total / room);
  code.values.resize(query.size(), 0);
  if (unit == 0) return code;
  code.scale = unit / kFinePerCode;
  for (size_t i = 0; i < query.size(); ++i) {
    const double value = round_half_away(weights[i] / unit);
    code.values[i] = static_cast<int16_t>(std::clamp(value, -kMaxQueryValue, kMaxQueryValue));
    code.value_sum += code.values[i];
    code.value_span += std::abs(code.values[i]);
  }
  return code;
}

void write_code_parameters(ByteWriter& writer, const CodeParameters& parameters) {
  writer.write_array(std::span(parameters.offset));
  writer.write_array(std::span(parameters.step));
}

Result<CodeParameters> read_code_parameters(ByteReader& reader, size_t dim) {
  const size_t found_bytes = reader.remaining();
  if (dim > kMaxVectorDim) {
    return too_large("code parameters: " + std::to_string(dim) + " dimensions, at most " +
                     std::to_string(kMaxVectorDim) + " are supported");
  }
  CodeParameters parameters{reader.read_array<float>(dim), reader.read_array<float>(dim)};
  if (!reader.ok()) {
    return corrupt("code parameters: " + std::to_string(found_bytes) + " bytes left, expected " +
                   std::to_string(dim * 8) + " for " + std::to_string(dim) + " dimensions");
  }
  RETURN_IF_ERROR(check_finite(parameters.offset, "the offset"));
  RETURN_IF_ERROR(check_finite(parameters.step, "the step"));
  for (size_t i = 0; i < dim; ++i) {
    if (parameters.step[i] >= 0) continue;
    return corrupt("code parameters: the step of dimension " + std::to_string(i) + " is " +
                   std::to_string(parameters.step[i]) + ", expected 0 or more");
  }
  return parameters;
}

}  // namespace sightline
