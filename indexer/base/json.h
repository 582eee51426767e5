#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "native/base/result.h"

namespace sightline {

struct JsonMember;

// A JSON document as a value: null, bool, integer, number, string, array or object.
//
// Objects keep the order of their members, in parsing and in printing. Built in place:
//   JsonValue hit{{"image_id", id}, {"similarity", 0.3}, {"box_xyxy_px", JsonValue::Array{1, 2, 3,
//   4}}};
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>;

  // Defined below, where JsonMember is complete.
  JsonValue();
  ~JsonValue();
  JsonValue(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(const JsonValue&);
  JsonValue& operator=(JsonValue&&) noexcept;
  JsonValue(std::nullptr_t);
  JsonValue(std::same_as<bool> auto value) : state_(value) {}
  // Integers beyond int64 become doubles.
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonValue(T value) {
    if (std::in_range<int64_t>(value)) {
      assign(static_cast<int64_t>(value));
    } else {
      assign(static_cast<double>(value));
    }
  }
  JsonValue(std::floating_point auto value) { assign(static_cast<double>(value)); }
  JsonValue(const char* text);
  JsonValue(std::string_view text);
  JsonValue(std::string text);
  JsonValue(Array items);
  JsonValue(Object members);
  JsonValue(std::initializer_list<JsonMember> members);
  // Empty means null.
  template <class T>
  JsonValue(const std::optional<T>& value) {
    if (value) *this = JsonValue(*value);
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(state_); }
  bool is_array() const { return std::holds_alternative<Array>(state_); }
  bool is_object() const { return std::holds_alternative<Object>(state_); }

  // Each is empty where the value is of another type.
  std::optional<bool> as_bool() const;
  std::optional<int64_t> as_int() const;    // also a number without fraction within int64
  std::optional<double> as_double() const;  // also an integer
  std::optional<std::string> as_string() const;
  std::span<const JsonValue> items() const;
  std::span<const JsonMember> members() const;

  // The member of that name (the last one where a document repeats it), or nullptr; nullptr where
  // this is no object.
  const JsonValue* find(std::string_view name) const;
  // find() followed by the getter; empty where the member is absent or of another type.
  std::optional<bool> bool_at(std::string_view name) const;
  std::optional<int64_t> int_at(std::string_view name) const;
  std::optional<double> double_at(std::string_view name) const;
  std::optional<std::string> string_at(std::string_view name) const;

  // Appends to an array or object; a null becomes one first. Requires null or that type.
  void push_back(JsonValue item);
  void set(std::string name, JsonValue value);  // does not look for an equal name

  bool operator==(const JsonValue&) const;

 private:
  friend class JsonWriter;

  void assign(int64_t value);
  void assign(double value);

  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> state_;
};

struct JsonMember {
  std::string name;
  JsonValue value;

  bool operator==(const JsonMember& other) const;
};

inline bool JsonMember::operator==(const JsonMember& other) const {
  return name == other.name && value == other.value;
}

inline JsonValue::JsonValue() = default;
inline JsonValue::~JsonValue() = default;
inline JsonValue::JsonValue(const JsonValue&) = default;
inline JsonValue::JsonValue(JsonValue&&) noexcept = default;
inline JsonValue& JsonValue::operator=(const JsonValue&) = default;
inline JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
inline void JsonValue::assign(int64_t value) { state_ = value; }
inline void JsonValue::assign(double value) { state_ = value; }
inline JsonValue::JsonValue(std::nullptr_t) {}
inline JsonValue::JsonValue(const char* text) : state_(std::string(text)) {}
inline JsonValue::JsonValue(std::string_view text) : state_(std::string(text)) {}
inline JsonValue::JsonValue(std::string text) : state_(std::move(text)) {}
inline JsonValue::JsonValue(Array items) : state_(std::move(items)) {}
inline JsonValue::JsonValue(Object members) : state_(std::move(members)) {}
inline JsonValue::JsonValue(std::initializer_list<JsonMember> members) : state_(Object(members)) {}

// Reads one UTF-8 JSON document, at most 256 levels deep.
// Errors: kCorrupt, naming the byte position; the caller adds the file's name.
Result<JsonValue> parse_json(std::string_view text);

// indent < 0: one line. Invalid UTF-8 becomes U+FFFD, NaN and infinities become null, and numbers
// are the shortest that read back alike.
std::string dump_json(const JsonValue& value, int indent = -1);

}  // namespace sightline
