#include "native/search/filter.h"

#include <catch2/catch.hpp>

#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

std::vector<uint32_t> matching(const std::string& text, uint32_t image_count = 12) {
  const std::vector<FilterClause> clauses = {parse_filter(text).value()};
  const auto bits = evaluate_filters(clauses, small_columns(image_count), image_count).value();
  std::vector<uint32_t> images;
  for (uint32_t image = 0; image < image_count; ++image) {
    if (bits[image / 64] >> (image % 64) & 1) images.push_back(image);
  }
  return images;
}

std::string message(const std::string& text) {
  const auto clause = parse_filter(text);
  if (!clause) return clause.error().message;
  return evaluate_filters({&*clause, 1}, small_columns(12), 12).error().message;
}

using Images = std::vector<uint32_t>;

}  // namespace

TEST_CASE("a filter compares names, numbers and counts of detections", "[filter]") {
  CHECK(matching("sequence = b") == Images{1, 4, 7, 10});
  CHECK(matching("sequence != b") == Images{0, 2, 3, 5, 6, 8, 9, 11});
  CHECK(matching("sequence in a, c") == Images{0, 2, 3, 5, 6, 8, 9, 11});
  CHECK(matching("timestamp_s >= 1010") == Images{10, 11});
  CHECK(matching("timestamp_s<=1001") == Images{0, 1});
  CHECK(matching("timestamp_s in 1003,1005") == Images{3, 5});
  CHECK(matching("class = dog") == Images{0, 5, 10});
  CHECK(matching("class != car") == Images{1, 3, 5, 7, 9, 11});
  CHECK(matching("class.car >= 3") == Images{2, 6, 10});
  CHECK(matching("class.car = 0") == Images{1, 3, 5, 7, 9, 11});
  CHECK(matching("class.zebra >= 1").empty());
}

TEST_CASE("a value may hold an operator or the word in", "[filter]") {
  CHECK(parse_filter("sequence = made in italy")->operands ==
        std::vector<std::string>{"made in italy"});
  CHECK(parse_filter("path in a=b,c")->operands == std::vector<std::string>{"a=b", "c"});
}

TEST_CASE("a filter that makes no sense is refused with what would", "[filter]") {
  CHECK(message("sequence") ==
        "filter 'sequence': expected 'field OP value' with OP one of = != >= <= in");
  CHECK(message("= b") == "filter '= b': expected 'field OP value' with OP one of = != >= <= in");
  CHECK(message("sequence =") ==
        "filter 'sequence =': expected 'field OP value' with OP one of = != >= <= in");
  CHECK(message("colour = red") ==
        "filter: no field 'colour'; this bundle has sequence, timestamp_s, class");
  CHECK(message("timestamp_s >= noon") ==
        "filter: 'timestamp_s' is compared with numbers, found 'noon'");
  CHECK(message("sequence >= b") == "filter: 'sequence' holds names; compare it with =, != or in");
}

TEST_CASE("a filter made of its parts takes values with commas", "[filter]") {
  CHECK(make_filter("sequence", "in", {"a,b", "c"})->operands ==
        std::vector<std::string>{"a,b", "c"});
  CHECK(make_filter("sequence", "!=", {""})->op == FilterOp::kNotEqual);
  CHECK_FALSE(make_filter("sequence", "=", {"a", "b"}).has_value());
  CHECK_FALSE(make_filter("sequence", "in", {}).has_value());
  CHECK_FALSE(make_filter("sequence", "~", {"a"}).has_value());
  CHECK_FALSE(make_filter("", "=", {"a"}).has_value());
}
