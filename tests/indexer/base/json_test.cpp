#include "indexer/base/json.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

using namespace sightline;

TEST_CASE("a JSON document reads back what was printed, in order") {
  const JsonValue document{{"query", "a red car"},
                           {"k", 20},
                           {"similarity", 0.1},
                           {"exact", true},
                           {"timestamp_s", std::optional<double>()},
                           {"box", JsonValue::Array{1, 2.5, -3}},
                           {"empty", JsonValue::Object{}},
                           {"nested", JsonValue{{"z", 1}, {"a", "é\n\"\\"}}}};
  CHECK(dump_json(document) ==
        R"({"query":"a red car","k":20,"similarity":0.1,"exact":true,"timestamp_s":null,)"
        R"("box":[1,2.5,-3],"empty":{},"nested":{"z":1,"a":"é\n\"\\"}})");
  for (const int indent : {-1, 0, 2}) {
    const auto parsed = parse_json(dump_json(document, indent));
    REQUIRE(parsed);
    CHECK(*parsed == document);
  }
  CHECK(dump_json(JsonValue{{"a", JsonValue::Array{1, 2}}}, 1) == "{\n \"a\": [\n  1,\n  2\n ]\n}");
}

TEST_CASE("getters answer only for their own type") {
  const auto parsed =
      parse_json(R"({"i":7,"f":7.0,"g":7.5,"s":"x","b":false,"n":null,"a":[1,2],"i":8})");
  REQUIRE(parsed);
  const JsonValue& value = *parsed;
  CHECK(value.int_at("i") == 8);
  CHECK(value.int_at("f") == 7);
  CHECK_FALSE(value.int_at("g"));
  CHECK(value.double_at("i") == 8.0);
  CHECK(value.string_at("s") == "x");
  CHECK_FALSE(value.string_at("i"));
  CHECK(value.bool_at("b") == false);
  CHECK_FALSE(value.bool_at("i"));
  REQUIRE(value.find("a"));
  CHECK(value.find("a")->items().size() == 2);
  CHECK(value.find("a")->members().empty());
  CHECK(value.find("n")->is_null());
  CHECK(value.find("missing") == nullptr);
  CHECK(value.items().empty());
  CHECK(JsonValue("text").find("i") == nullptr);
}

TEST_CASE("numbers keep their value") {
  for (const int64_t number :
       {std::numeric_limits<int64_t>::min(), int64_t{0}, std::numeric_limits<int64_t>::max()}) {
    const auto parsed = parse_json(dump_json(number));
    REQUIRE(parsed);
    CHECK(parsed->as_int() == number);
  }
  for (const double number : {0.1, 1e300, -2.5e-308, 1.0 / 3.0, 1700000000.123456789}) {
    const auto parsed = parse_json(dump_json(number));
    REQUIRE(parsed);
    CHECK(parsed->as_double() == number);
  }
  CHECK(JsonValue(std::numeric_limits<uint64_t>::max()).as_double() == 0x1p64);
  CHECK_FALSE(JsonValue(std::numeric_limits<uint64_t>::max()).as_int());
  CHECK(dump_json(std::nan("")) == "null");
  CHECK(dump_json(std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
  const std::string text = dump_json(JsonValue("a\xff\xc3(b"));
  CHECK(text == "\"a\xef\xbf\xbd\xef\xbf\xbd(b\"");
  CHECK(parse_json(text));
}

TEST_CASE("broken JSON is an error naming the position") {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1}x", "nul", "\"\xff\"", "{'a':1}", "1e999"}) {
    const auto parsed = parse_json(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kCorrupt);
    CHECK(parsed.error().message.find("broken JSON") != std::string::npos);
    CHECK(parsed.error().message.find("json.exception") == std::string::npos);
  }
}

TEST_CASE("nesting is bounded") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_json(nested(256)));
  const auto deeper = parse_json(nested(1'000'000));
  REQUIRE_FALSE(deeper);
  CHECK(deeper.error().message.find("256 levels") != std::string::npos);
}
