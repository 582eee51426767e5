#include "native/search/filter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

namespace sightline {
namespace {

constexpr std::string_view kTagSeparator = ".";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Operator {
  std::string_view text;
  FilterOp op;
};

constexpr Operator kOperators[] = {{"!=", FilterOp::kNotEqual},
                                   {">=", FilterOp::kAtLeast},
                                   {"<=", FilterOp::kAtMost},
                                   {"=", FilterOp::kEqual},
                                   {"in", FilterOp::kIn}};

std::vector<std::string> split_operands(std::string_view text) {
  std::vector<std::string> operands;
  while (true) {
    const auto comma = text.find(',');
    operands.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return operands;
    text.remove_prefix(comma + 1);
  }
}

Error not_a_filter(std::string_view text) {
  return invalid_argument("filter '" + std::string(text) +
                          "': expected 'field OP value' with OP one of = != >= <= in");
}

Result<double> parse_number(const FilterClause& clause, const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) {
    return invalid_argument("filter: '" + clause.field + "' is compared with numbers, found '" +
                            text + "'");
  }
  return value;
}

bool holds(FilterOp op, double value, std::span<const double> operands) {
  switch (op) {
    case FilterOp::kEqual:
    case FilterOp::kIn:
      return std::find(operands.begin(), operands.end(), value) != operands.end();
    case FilterOp::kNotEqual:
      return value != operands[0];
    case FilterOp::kAtLeast:
      return value >= operands[0];
    case FilterOp::kAtMost:
      return value <= operands[0];
  }
  return false;
}

Result<ImagePredicate> number_predicate(const FilterClause& clause,
                                        std::function<double(uint32_t)> value_of) {
  ASSIGN_OR_RETURN(auto operands, parse_numbers(clause));
  return ImagePredicate([op = clause.op, operands = std::move(operands),
                         value_of = std::move(value_of)](uint32_t image) {
    const double value = value_of(image);
    return !std::isnan(value) && holds(op, value, operands);
  });
}

// A bit per value of the column: whether an operand names it.
Result<std::vector<bool>> named_values(const FilterClause& clause, const Column& column) {
  if (clause.op == FilterOp::kAtLeast || clause.op == FilterOp::kAtMost) {
    return invalid_argument("filter: '" + clause.field +
                            "' holds names; compare it with =, != or in");
  }
  std::vector<bool> named(column.values.size());
  for (size_t i = 0; i < named.size(); ++i) {
    named[i] = std::find(clause.operands.begin(), clause.operands.end(), column.values[i]) !=
               clause.operands.end();
  }
  return named;
}

Result<ImagePredicate> category_predicate(const FilterClause& clause, const Column& column) {
  ASSIGN_OR_RETURN(auto named, named_values(clause, column));
  const bool wanted = clause.op != FilterOp::kNotEqual;
  return ImagePredicate([&column, named = std::move(named), wanted](uint32_t image) {
    return named[column.codes[image]] == wanted;
  });
}

Result<ImagePredicate> tags_predicate(const FilterClause& clause, const Column& column) {
  ASSIGN_OR_RETURN(auto named, named_values(clause, column));
  const bool wanted = clause.op != FilterOp::kNotEqual;
  return ImagePredicate([&column, named = std::move(named), wanted](uint32_t image) {
    for (uint32_t i = column.tag_offsets[image]; i < column.tag_offsets[image + 1]; ++i) {
      if (named[column.tags[i].value]) return wanted;
    }
    return !wanted;
  });
}

Result<ImagePredicate> tag_count_predicate(const FilterClause& clause, const Column& column,
                                           std::string_view tag) {
  const auto found = std::find(column.values.begin(), column.values.end(), tag);
  const auto value = static_cast<uint32_t>(found - column.values.begin());
  return number_predicate(clause, [&column, value](uint32_t image) {
    for (uint32_t i = column.tag_offsets[image]; i < column.tag_offsets[image + 1]; ++i) {
      if (column.tags[i].value == value) return static_cast<double>(column.tags[i].count);
    }
    return 0.0;
  });
}

Result<ImagePredicate> make_predicate(const FilterClause& clause, std::span<const Column> columns) {
  if (const Column* column = find_column(columns, clause.field)) {
    switch (column->type) {
      case ColumnType::kCategory:
        return category_predicate(clause, *column);
      case ColumnType::kTags:
        return tags_predicate(clause, *column);
      case ColumnType::kNumber:
        return number_predicate(clause,
                                [column](uint32_t image) { return column->numbers[image]; });
    }
  }
  if (const auto dot = clause.field.find(kTagSeparator); dot != std::string::npos) {
    const Column* column = find_column(columns, clause.field.substr(0, dot));
    if (column != nullptr && column->type == ColumnType::kTags) {
      return tag_count_predicate(clause, *column, std::string_view(clause.field).substr(dot + 1));
    }
  }
  std::string known;
  for (const auto& column : columns) known += (known.empty() ? "" : ", ") + column.name;
  return invalid_argument("filter: no field '" + clause.field + "'; this bundle has " + known);
}

}  // namespace

Result<FilterClause> make_filter(std::string field, std::string_view op,
                                 std::vector<std::string> operands) {
  const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const Operator& known) { return known.text == op; });
  const bool takes_several = found != std::end(kOperators) && found->op == FilterOp::kIn;
  if (found == std::end(kOperators) || field.empty() || operands.empty() ||
      (operands.size() > 1 && !takes_several)) {
    return not_a_filter(field + " " + std::string(op));
  }
  return FilterClause{std::move(field), found->op, std::move(operands)};
}

Result<FilterClause> parse_filter(std::string_view text) {
  const std::string_view in_operator = " in ";
  const auto in_position = text.find(in_operator);
  const auto symbol_position = text.find_first_of("=!<>");
  if (in_position != std::string_view::npos && in_position < symbol_position) {
    auto operands = split_operands(text.substr(in_position + in_operator.size()));
    if (operands.front().empty()) return not_a_filter(text);
    return make_filter(std::string(trim(text.substr(0, in_position))), "in", std::move(operands));
  }
  if (symbol_position == std::string_view::npos) return not_a_filter(text);
  const auto rest = text.substr(symbol_position);
  const auto op = rest.substr(0, rest.size() > 1 && rest[0] != '=' && rest[1] == '=' ? 2 : 1);
  const auto operand = trim(rest.substr(op.size()));
  auto clause =
      make_filter(std::string(trim(text.substr(0, symbol_position))), op, {std::string(operand)});
  if (!clause || operand.empty()) return not_a_filter(text);
  return clause;
}

Result<std::vector<double>> parse_numbers(const FilterClause& clause) {
  std::vector<double> numbers;
  for (const auto& operand : clause.operands) {
    ASSIGN_OR_RETURN(const double number, parse_number(clause, operand));
    numbers.push_back(number);
  }
  return numbers;
}

Result<std::vector<ImagePredicate>> make_predicates(std::span<const FilterClause> clauses,
                                                    std::span<const Column> columns) {
  std::vector<ImagePredicate> predicates;
  for (const auto& clause : clauses) {
    ASSIGN_OR_RETURN(auto predicate, make_predicate(clause, columns));
    predicates.push_back(std::move(predicate));
  }
  return predicates;
}

bool all_hold(std::span<const ImagePredicate> predicates, uint32_t image) {
  return std::all_of(predicates.begin(), predicates.end(),
                     [&](const ImagePredicate& predicate) { return predicate(image); });
}

Result<std::vector<uint64_t>> evaluate_filters(std::span<const FilterClause> clauses,
                                               std::span<const Column> columns,
                                               uint32_t image_count) {
  ASSIGN_OR_RETURN(const auto predicates, make_predicates(clauses, columns));
  std::vector<uint64_t> bits((size_t{image_count} + 63) / 64);
  for (uint32_t image = 0; image < image_count; ++image) {
    if (all_hold(predicates, image)) bits[image / 64] |= uint64_t{1} << (image % 64);
  }
  return bits;
}

}  // namespace sightline
