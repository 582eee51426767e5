#include "native/vectors/query_aware_codes.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "native/vectors/codes.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

constexpr uint32_t kMaxDigitsPerComponent = 4;
constexpr uint32_t kMaxDigits = 4 * kMaxVectorDim;
constexpr double kMaxQueryValue = 32767;
// Bounds every sum over int8 below 2^31 (see DotKernels::dot_i16_i8).
constexpr double kMaxQuerySpan = 1'000'000;
constexpr double kMaxTableValue = 255;
constexpr double kMaxTableSum = 65535;

double round_half_up(double value) { return std::floor(value + 0.5); }

// What one step of each digit adds to a similarity, [digits].
std::vector<double> digit_weights(const QueryAwareCodes& codes, std::span<const double> weights) {
  const auto counts = digit_counts(codes);
  std::vector<uint8_t> seen(codes.components());
  std::vector<double> result(codes.digits.size());
  for (size_t i = 0; i < result.size(); ++i) {
    const uint32_t component = codes.digits[i];
    const int place = counts[component] - 1 - seen[component]++;
    if (component < weights.size()) {
      result[i] = weights[component] * codes.step[component] * static_cast<double>(1 << 2 * place);
    }
  }
  return result;
}

// The value of a component whose digits are all 0, in steps.
double lowest_value(uint8_t digit_count) {
  return 0.5 - static_cast<double>(1 << 2 * digit_count) / 2;
}

// Whatever the digits are: the sum over components of weight * step * lowest value.
double lowest_similarity(const QueryAwareCodes& codes, std::span<const double> weights) {
  const auto counts = digit_counts(codes);
  double sum = 0;
  for (size_t c = 0; c < weights.size(); ++c) {
    if (counts[c] > 0) sum += weights[c] * codes.step[c] * lowest_value(counts[c]);
  }
  return sum;
}

Result<void> check_positive(std::span<const float> values, const char* what) {
  for (const float value : values) {
    if (!std::isfinite(value) || value < 0) {
      return corrupt(std::string("query-aware codes: ") + what + " holds " + std::to_string(value) +
                     ", expected 0 or more");
    }
  }
  return {};
}

}  // namespace

std::vector<uint8_t> digit_counts(const QueryAwareCodes& codes) {
  std::vector<uint8_t> counts(codes.components());
  for (const uint16_t component : codes.digits) ++counts[component];
  return counts;
}

size_t first_components(const QueryAwareCodes& codes) {
  size_t count = 0;
  for (size_t i = 0; i < codes.first_digits; ++i) {
    count = std::max(count, size_t{codes.digits[i]} + 1);
  }
  return count;
}

void encode_components(const QueryAwareCodes& codes, std::span<const float> y,
                       std::span<uint8_t> code) {
  const auto counts = digit_counts(codes);
  std::vector<uint32_t> levels(codes.components());
  for (size_t c = 0; c < levels.size(); ++c) {
    const double range = static_cast<double>(1 << 2 * counts[c]);
    const double level = codes.step[c] > 0 ? std::floor(double{y[c]} / codes.step[c]) : 0;
    levels[c] = static_cast<uint32_t>(std::clamp(level + range / 2, 0.0, range - 1));
  }
  std::fill(code.begin(), code.end(), uint8_t{0});
  std::vector<uint8_t> seen(codes.components());
  for (size_t i = 0; i < codes.digits.size(); ++i) {
    const uint32_t component = codes.digits[i];
    const int place = counts[component] - 1 - seen[component]++;
    code[i / 4] |= static_cast<uint8_t>((levels[component] >> 2 * place & 3) << 2 * (i % 4));
  }
}

std::vector<float> decode_components(const QueryAwareCodes& codes, std::span<const uint8_t> code) {
  const auto counts = digit_counts(codes);
  std::vector<uint32_t> levels(codes.components());
  for (size_t i = 0; i < codes.digits.size(); ++i) {
    uint32_t& level = levels[codes.digits[i]];
    level = level << 2 | (code[i / 4] >> 2 * (i % 4) & 3);
  }
  std::vector<float> y(codes.components());
  for (size_t c = 0; c < y.size(); ++c) {
    if (counts[c] > 0) {
      y[c] = static_cast<float>(codes.step[c] * (levels[c] + lowest_value(counts[c])));
    }
  }
  return y;
}

std::vector<float> vector_of_components(const QueryAwareCodes& codes, std::span<const float> y) {
  std::vector<double> sums(codes.mean.begin(), codes.mean.end());
  for (size_t c = 0; c < y.size(); ++c) {
    const double factor = double{y[c]} * codes.scale[c];
    const int8_t* row = codes.transform.data() + c * codes.dim();
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += factor * row[i];
  }
  return {sums.begin(), sums.end()};
}

Result<QueryWeights> weigh_query(const QueryAwareCodes& codes, std::span<const float> query) {
  if (query.size() != codes.dim()) {
    return invalid_argument("query vector: has " + std::to_string(query.size()) +
                            " dimensions, the index has " + std::to_string(codes.dim()) +
                            "; embed it with the model the index was built with");
  }
  QueryWeights result;
  double largest = 0;
  double total = 0;
  for (size_t i = 0; i < query.size(); ++i) {
    if (!std::isfinite(query[i])) {
      return invalid_argument("query vector: dimension " + std::to_string(i) + " is " +
                              std::to_string(query[i]) + ", expected a finite number");
    }
    largest = std::max(largest, std::abs(double{query[i]}));
    total += std::abs(double{query[i]});
    result.bias += double{query[i]} * codes.mean[i];
  }
  const double room = kMaxQuerySpan - static_cast<double>(query.size());
  const double unit = std::max(largest / kMaxQueryValue, total / room);
  result.weights.resize(codes.transform.size() / codes.dim());
  if (unit == 0) return result;
  std::vector<int16_t> rounded(query.size());
  for (size_t i = 0; i < query.size(); ++i) {
    const double value = round_half_up(query[i] / unit);
    rounded[i] = static_cast<int16_t>(std::clamp(value, -kMaxQueryValue, kMaxQueryValue));
  }
  const auto dot = best_dot_kernels().dot_i16_i8;
  for (size_t c = 0; c < result.weights.size(); ++c) {
    const int32_t sum = dot(rounded.data(), codes.transform.data() + c * codes.dim(), codes.dim());
    result.weights[c] = unit * codes.scale[c] * sum;
  }
  return result;
}

ScanTables make_scan_tables(const QueryAwareCodes& codes, const QueryWeights& query) {
  const auto digits = digit_weights(codes, query.weights);
  const size_t nibbles = 2 * codes.first_bytes();
  ScanTables scan;
  scan.tables.resize(nibbles * 16);
  scan.base = query.bias + lowest_similarity(codes, query.weights);
  double widest = 0;
  double total = 0;
  for (size_t n = 0; n < nibbles; ++n) {
    const double range = 3 * (std::abs(digits[2 * n]) + std::abs(digits[2 * n + 1]));
    widest = std::max(widest, range);
    total += range;
    scan.base += 3 * (std::min(digits[2 * n], 0.0) + std::min(digits[2 * n + 1], 0.0));
  }
  // The digits that are not scanned count with their middle.
  for (size_t i = codes.first_digits; i < digits.size(); ++i) scan.base += 1.5 * digits[i];
  // Rounding adds at most a half to each entry.
  const double room = kMaxTableSum - static_cast<double>(nibbles);
  scan.unit = std::max(widest / kMaxTableValue, total / room);
  if (scan.unit == 0) scan.unit = 1;
  for (size_t n = 0; n < nibbles; ++n) {
    const double low = digits[2 * n];
    const double high = digits[2 * n + 1];
    const double least = 3 * (std::min(low, 0.0) + std::min(high, 0.0));
    for (uint32_t value = 0; value < 16; ++value) {
      const double sum = low * (value & 3) + high * (value >> 2) - least;
      scan.tables[n * 16 + value] =
          static_cast<uint8_t>(std::min(round_half_up(sum / scan.unit), kMaxTableValue));
    }
  }
  return scan;
}

int32_t scan_offset(double similarity, const ScanTables& scan) {
  return static_cast<int32_t>(std::clamp(round_half_up(similarity / scan.unit), -1e9, 1e9));
}

DigitValues make_digit_values(const QueryAwareCodes& codes, const QueryWeights& query) {
  const auto digits = digit_weights(codes, query.weights);
  double largest = 0;
  for (const double weight : digits) largest = std::max(largest, std::abs(weight));
  DigitValues result;
  result.base = query.bias + lowest_similarity(codes, query.weights);
  result.unit = largest > 0 ? largest / kMaxQueryValue : 1;
  result.values.reserve(digits.size());
  for (const double weight : digits) {
    result.values.push_back(static_cast<int16_t>(round_half_up(weight / result.unit)));
  }
  return result;
}

int32_t dot_digits(std::span<const int16_t> values, std::span<const uint8_t> bytes) {
  int32_t sum = 0;
  for (size_t b = 0; b < bytes.size(); ++b) {
    const uint32_t byte = bytes[b];
    const int16_t* value = values.data() + 4 * b;
    sum +=
        value[0] * static_cast<int32_t>(byte & 3) + value[1] * static_cast<int32_t>(byte >> 2 & 3) +
        value[2] * static_cast<int32_t>(byte >> 4 & 3) + value[3] * static_cast<int32_t>(byte >> 6);
  }
  return sum;
}

std::vector<uint8_t> write_query_aware_codes(const QueryAwareCodes& codes) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(codes.components()));
  writer.write(static_cast<uint32_t>(codes.digits.size()));
  writer.write(codes.first_digits);
  writer.write(codes.root_components);
  writer.write_array(std::span(codes.mean));
  writer.write_array(std::span(codes.scale));
  writer.write_array(std::span(codes.step));
  writer.write_array(std::span(codes.digits));
  writer.write_array(std::span(codes.transform).first(codes.root_components * codes.dim()));
  return std::move(writer).take();
}

std::vector<uint8_t> write_transform_rest(const QueryAwareCodes& codes) {
  const auto rest = std::span(codes.transform).subspan(codes.root_components * codes.dim());
  const auto* bytes = reinterpret_cast<const uint8_t*>(rest.data());
  return {bytes, bytes + rest.size()};
}

Result<QueryAwareCodes> parse_query_aware_codes(std::span<const uint8_t> payload, uint32_t dim) {
  ByteReader reader(payload);
  const auto components = reader.read<uint32_t>();
  const auto digit_count = reader.read<uint32_t>();
  QueryAwareCodes codes;
  codes.first_digits = reader.read<uint32_t>();
  codes.root_components = reader.read<uint32_t>();
  if (dim == 0 || dim > kMaxVectorDim || codes.first_digits == 0 || components > dim ||
      digit_count > kMaxDigits || digit_count % 4 != 0 || codes.first_digits % 4 != 0 ||
      codes.first_digits > digit_count) {
    return corrupt("query-aware codes: " + std::to_string(components) + " components and " +
                   std::to_string(digit_count) + " digits, " + std::to_string(codes.first_digits) +
                   " of them first, do not fit " + std::to_string(dim) + " dimensions");
  }
  codes.mean = reader.read_array<float>(dim);
  codes.scale = reader.read_array<float>(components);
  codes.step = reader.read_array<float>(components);
  codes.digits = reader.read_array<uint16_t>(digit_count);
  if (!reader.ok()) return corrupt("query-aware codes: the bytes end inside them");
  std::vector<uint8_t> counts(components);
  for (const uint16_t component : codes.digits) {
    if (component >= components || ++counts[component] > kMaxDigitsPerComponent) {
      return corrupt("query-aware codes: a digit of component " + std::to_string(component) +
                     ", expected one of " + std::to_string(components) + ", each at most 4 times");
    }
  }
  for (const float value : codes.mean) {
    if (!std::isfinite(value)) return corrupt("query-aware codes: the mean is not finite");
  }
  RETURN_IF_ERROR(check_positive(codes.scale, "the scale"));
  RETURN_IF_ERROR(check_positive(codes.step, "the step"));
  if (codes.root_components > components || codes.root_components < first_components(codes)) {
    return corrupt("query-aware codes: " + std::to_string(codes.root_components) +
                   " components in the root, expected " + std::to_string(first_components(codes)) +
                   " to " + std::to_string(components));
  }
  codes.transform = reader.read_array<int8_t>(uint64_t{codes.root_components} * dim);
  if (!reader.ok() || reader.remaining() > 0) {
    return corrupt("query-aware codes: " + std::to_string(payload.size()) +
                   " bytes do not hold the transform of " + std::to_string(codes.root_components) +
                   " components");
  }
  return codes;
}

Result<void> take_transform_rest(QueryAwareCodes& codes, std::span<const uint8_t> payload) {
  const size_t known = codes.root_components * codes.dim();
  const size_t expected = codes.components() * codes.dim() - known;
  if (payload.size() != expected) {
    return corrupt("transform: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(expected));
  }
  codes.transform.resize(known);
  const auto* values = reinterpret_cast<const int8_t*>(payload.data());
  codes.transform.insert(codes.transform.end(), values, values + payload.size());
  return {};
}

}  // namespace sightline
