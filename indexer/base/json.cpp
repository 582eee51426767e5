#include "indexer/base/json.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace sightline {
namespace {

constexpr size_t kMaxDepth = 256;

template <class T>
std::optional<T> copy_if(const T* value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

// Builds a JsonValue from nlohmann's events, which keeps deep nesting off the stack and out of
// exceptions.
class Builder {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(int64_t value) { return add(value); }
  bool number_unsigned(uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return open(JsonValue::Object{}); }
  bool key(std::string& name) {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(JsonValue::Array{}); }
  bool end_array() { return close(); }
  bool parse_error(size_t position, const std::string&, const std::exception& exception) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
    std::string text = exception.what();
    text.erase(0, text.find("] ") + 2);
    if (text.starts_with("parse error")) text.erase(0, text.find(": ") + 2);
    error_ = "broken JSON at byte " + std::to_string(position) + ": " + text;
    return false;
  }

  Result<JsonValue> take(bool complete) && {
    if (!complete) return corrupt(error_.empty() ? "broken JSON" : error_);
    return std::move(root_);
  }

 private:
  struct Open {
    JsonValue value;
    std::string name;  // of the member being read, where value is an object
  };

  bool add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Open& parent = open_.back(); parent.value.is_object()) {
      parent.value.set(std::move(parent.name), std::move(value));
    } else {
      parent.value.push_back(std::move(value));
    }
    return true;
  }

  bool open(JsonValue value) {
    if (open_.size() == kMaxDepth) {
      error_ = "JSON nested deeper than " + std::to_string(kMaxDepth) + " levels";
      return false;
    }
    open_.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
  JsonValue root_;
  std::string error_;
};

std::string scalar_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

class JsonWriter {
 public:
  explicit JsonWriter(int indent) : indent_(indent) {}

  void write(const JsonValue& value) {
    std::visit([this](const auto& state) { write_state(state); }, value.state_);
  }
  std::string take() && { return std::move(text_); }

 private:
  void write_state(std::monostate) { text_ += "null"; }
  void write_state(bool value) { text_ += value ? "true" : "false"; }
  void write_state(int64_t value) { text_ += std::to_string(value); }
  void write_state(double value) { text_ += scalar_text(value); }
  void write_state(const std::string& value) { text_ += scalar_text(value); }
  void write_state(const JsonValue::Array& items) {
    write_list('[', ']', items, [this](const JsonValue& item) { write(item); });
  }
  void write_state(const JsonValue::Object& members) {
    write_list('{', '}', members, [this](const JsonMember& member) {
      write_state(member.name);
      text_ += indent_ < 0 ? ":" : ": ";
      write(member.value);
    });
  }

  template <class Items, class WriteItem>
  void write_list(char open, char close, const Items& items, WriteItem write_item) {
    text_ += open;
    ++depth_;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text_ += ',';
      new_line();
      write_item(items[i]);
    }
    --depth_;
    if (!items.empty()) new_line();
    text_ += close;
  }

  void new_line() {
    if (indent_ < 0) return;
    text_ += '\n';
    text_.append(static_cast<size_t>(indent_) * depth_, ' ');
  }

  int indent_;
  size_t depth_ = 0;
  std::string text_;
};

std::optional<bool> JsonValue::as_bool() const { return copy_if(std::get_if<bool>(&state_)); }

std::optional<int64_t> JsonValue::as_int() const {
  if (const auto* number = std::get_if<double>(&state_)) {
    if (std::trunc(*number) != *number || std::abs(*number) >= 0x1p63) return std::nullopt;
    return static_cast<int64_t>(*number);
  }
  return copy_if(std::get_if<int64_t>(&state_));
}

std::optional<double> JsonValue::as_double() const {
  if (const auto* integer = std::get_if<int64_t>(&state_)) return static_cast<double>(*integer);
  return copy_if(std::get_if<double>(&state_));
}

std::optional<std::string> JsonValue::as_string() const {
  return copy_if(std::get_if<std::string>(&state_));
}

std::span<const JsonValue> JsonValue::items() const {
  const auto* items = std::get_if<Array>(&state_);
  return items ? std::span<const JsonValue>(*items) : std::span<const JsonValue>();
}

std::span<const JsonMember> JsonValue::members() const {
  const auto* members = std::get_if<Object>(&state_);
  return members ? std::span<const JsonMember>(*members) : std::span<const JsonMember>();
}

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto all = members();
  for (size_t i = all.size(); i-- > 0;) {
    if (all[i].name == name) return &all[i].value;
  }
  return nullptr;
}

std::optional<bool> JsonValue::bool_at(std::string_view name) const {
  const auto* value = find(name);
  return value ? value->as_bool() : std::nullopt;
}

std::optional<int64_t> JsonValue::int_at(std::string_view name) const {
  const auto* value = find(name);
  return value ? value->as_int() : std::nullopt;
}

std::optional<double> JsonValue::double_at(std::string_view name) const {
  const auto* value = find(name);
  return value ? value->as_double() : std::nullopt;
}

std::optional<std::string> JsonValue::string_at(std::string_view name) const {
  const auto* value = find(name);
  return value ? value->as_string() : std::nullopt;
}

void JsonValue::push_back(JsonValue item) {
  if (is_null()) state_ = Array();
  std::get_if<Array>(&state_)->push_back(std::move(item));
}

void JsonValue::set(std::string name, JsonValue value) {
  if (is_null()) state_ = Object();
  std::get_if<Object>(&state_)->push_back({std::move(name), std::move(value)});
}

bool JsonValue::operator==(const JsonValue& other) const {
  if (state_.index() != other.state_.index()) return false;
  const auto same = [&]<class T>(const T* value) {
    return value != nullptr && *value == *std::get_if<T>(&other.state_);
  };
  // Element by element: comparing the vectors would look for conversions to JsonValue for ever.
  const auto equal = [](const auto& a, const auto& b) { return a == b; };
  if (const auto* items = std::get_if<Array>(&state_)) {
    const auto& others = *std::get_if<Array>(&other.state_);
    return std::equal(items->begin(), items->end(), others.begin(), others.end(), equal);
  }
  if (const auto* members = std::get_if<Object>(&state_)) {
    const auto& others = *std::get_if<Object>(&other.state_);
    return std::equal(members->begin(), members->end(), others.begin(), others.end(), equal);
  }
  return is_null() || same(std::get_if<bool>(&state_)) || same(std::get_if<int64_t>(&state_)) ||
         same(std::get_if<double>(&state_)) || same(std::get_if<std::string>(&state_));
}

Result<JsonValue> parse_json(std::string_view text) {
  Builder builder;
  const bool complete = nlohmann::json::sax_parse(text, &builder);
  return std::move(builder).take(complete);
}

std::string dump_json(const JsonValue& value, int indent) {
  JsonWriter writer(indent);
  writer.write(value);
  return std::move(writer).take();
}

}  // namespace sightline
