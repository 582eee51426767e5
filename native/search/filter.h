#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/columns.h"

namespace sightline {

enum class FilterOp : uint8_t { kEqual, kNotEqual, kAtLeast, kAtMost, kIn };

// One condition on one column: "sequence = drive_0001", "timestamp_s >= 1700000000",
// "class in car,bus", "class.car >= 2" (at least two detected cars).
struct FilterClause {
  std::string field;
  FilterOp op = FilterOp::kEqual;
  std::vector<std::string> operands;  // one, or several after `in`

  bool operator==(const FilterClause&) const = default;
};

// op: one of = != >= <= in; one operand, or for `in` at least one.
Result<FilterClause> make_filter(std::string field, std::string_view op,
                                 std::vector<std::string> operands);

// Reads 'field OP value' with OP one of = != >= <= in; the values of `in` are separated by commas.
Result<FilterClause> parse_filter(std::string_view text);

// The operands as numbers; an operand that is none is an error.
Result<std::vector<double>> parse_numbers(const FilterClause& clause);

// Whether a clause holds for an image. Refers to the columns it was made of, whose content may
// change while their names and values do not.
using ImagePredicate = std::function<bool(uint32_t image)>;
Result<std::vector<ImagePredicate>> make_predicates(std::span<const FilterClause> clauses,
                                                    std::span<const Column> columns);
bool all_hold(std::span<const ImagePredicate> predicates, uint32_t image);

// One bit per image: whether all clauses hold. An unknown field or an operand that does not fit its
// column is an error that names what there is.
Result<std::vector<uint64_t>> evaluate_filters(std::span<const FilterClause> clauses,
                                               std::span<const Column> columns,
                                               uint32_t image_count);

}  // namespace sightline
