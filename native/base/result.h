#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sightline {

// Why something failed, coarse enough to choose an exit code or a user message by.
enum class ErrorCode : uint8_t {
  kCorrupt,          // bytes that break their own format, size or hash
  kUnsupported,      // well-formed, but of a version or kind this build does not know
  kInvalidArgument,  // the caller asked for something that makes no sense
  kNotFound,         // a file, object, image or model that is not there
  kTooLarge,         // beyond a stated limit; nothing of that size was allocated
  kIo,               // the operating system or the network refused
  kModel,            // a model file that does not load or does not fit its role
};

// The stable name of a code, as shown in JSON and used by the browser ("corrupt", "not_found",
// ...).
const char* error_code_name(ErrorCode code);

// One sentence naming the part, the value found, the value expected and, where there is one, the
// remedy.
struct Error {
  ErrorCode code;
  std::string message;
};

// Either a value or an Error. The core throws nothing for bad bytes or bad arguments.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Requires has_value().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Requires !has_value().
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

inline Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }
inline Error unsupported(std::string message) {
  return {ErrorCode::kUnsupported, std::move(message)};
}
inline Error invalid_argument(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
inline Error not_found(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error too_large(std::string message) { return {ErrorCode::kTooLarge, std::move(message)}; }
inline Error io_error(std::string message) { return {ErrorCode::kIo, std::move(message)}; }
inline Error model_error(std::string message) { return {ErrorCode::kModel, std::move(message)}; }

}  // namespace sightline

#define SIGHTLINE_CONCAT_INNER(a, b) a##b
#define SIGHTLINE_CONCAT(a, b) SIGHTLINE_CONCAT_INNER(a, b)

// Returns the error of a failed Result from the enclosing function.
#define RETURN_IF_ERROR(expression)                          \
  do {                                                       \
    if (auto result_ = (expression); !result_.has_value()) { \
      return std::move(result_).error();                     \
    }                                                        \
  } while (false)

// ASSIGN_OR_RETURN(auto bytes, read_file(path)): the value, or return the error.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_NAMED(SIGHTLINE_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_NAMED(name, declaration, expression) \
  auto name = (expression);                                   \
  if (!name.has_value()) return std::move(name).error();      \
  declaration = std::move(name).value()
