#pragma once

// What crosses the border between C++ and JavaScript, both ways: names and containers change,
// nothing is computed.
//
// Bytes and vectors are copied. A failed Result is thrown as an Error with `code` and the same
// message.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <emscripten/val.h>

#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

using emscripten::val;

[[noreturn]] void throw_error(const Error& error);

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw_error(result.error());
  return std::move(result).value();
}

inline void ok_or_throw(const Result<void>& result) {
  if (!result) throw_error(result.error());
}

// Copies a Uint8Array, Uint32Array or Float32Array into the module's memory.
template <class T>
std::vector<T> to_vector(const val& typed_array) {
  const auto length = typed_array["length"].as<uint32_t>();
  std::vector<T> values(length);
  val(emscripten::typed_memory_view(length, values.data())).call<void>("set", typed_array);
  return values;
}

// A new typed array of that JavaScript class, independent of the module's memory.
template <class T>
val to_typed_array(const char* array_class, const std::vector<T>& values) {
  return val::global(array_class).new_(emscripten::typed_memory_view(values.size(), values.data()));
}

// object[key] = value, and what is appended to an array.
void set(val& object, const char* key, const val& value);
template <class T>
void set(val& object, const char* key, const T& value) {
  set(object, key, val(value));
}
void push(val& array, const val& value);

val to_object(const ObjectRef& ref);
// Throws where kind, size or hash cannot be those of an object.
ObjectRef to_object_ref(const val& object);

// Null where there is none.
val to_value(const std::optional<ObjectRef>& ref);
val to_value(const std::optional<double>& number);

val to_array(const ObjectParts& parts);
val to_array(const std::vector<std::string>& texts);

template <size_t N>
val to_array(const std::array<float, N>& values) {
  val array = val::array();
  for (const float value : values) push(array, val(value));
  return array;
}

}  // namespace sightline
