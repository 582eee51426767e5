#include "wasm/js_values.h"

#include "native/bundle/object.h"

namespace sightline {

void throw_error(const Error& error) {
  val thrown = val::global("Error").new_(error.message);
  set(thrown, "code", std::string(error_code_name(error.code)));
  thrown.throw_();
}

void set(val& object, const char* key, const val& value) { object.set(val(key), value); }

void push(val& array, const val& value) { array.call<void>("push", value); }

val to_object(const ObjectRef& ref) {
  val object = val::object();
  set(object, "name", object_name(ref));
  set(object, "kind", static_cast<uint32_t>(ref.kind));
  set(object, "compression", static_cast<uint32_t>(ref.compression));
  set(object, "storedBytes", ref.stored_bytes);
  set(object, "rawBytes", ref.raw_bytes);
  set(object, "sha256", to_hex(ref.sha256));
  return object;
}

ObjectRef to_object_ref(const val& object) {
  ObjectRef ref;
  ref.kind = static_cast<ObjectKind>(object["kind"].as<uint32_t>());
  ref.compression = static_cast<Compression>(object["compression"].as<uint32_t>());
  ref.stored_bytes = object["storedBytes"].as<uint32_t>();
  ref.raw_bytes = object["rawBytes"].as<uint32_t>();
  const auto digest = digest_from_hex(object["sha256"].as<std::string>());
  if (!digest || object_kind_name(ref.kind) == nullptr || ref.stored_bytes > kMaxObjectBytes ||
      ref.raw_bytes > kMaxObjectBytes) {
    throw_error(invalid_argument("object reference: kind, size or sha256 is not valid"));
  }
  ref.sha256 = *digest;
  return ref;
}

val to_value(const std::optional<ObjectRef>& ref) { return ref ? to_object(*ref) : val::null(); }

val to_value(const std::optional<double>& number) { return number ? val(*number) : val::null(); }

val to_array(const ObjectParts& parts) {
  val array = val::array();
  for (const auto& part : parts) push(array, to_object(part));
  return array;
}

val to_array(const std::vector<std::string>& texts) {
  val array = val::array();
  for (const auto& text : texts) push(array, val(text));
  return array;
}

}  // namespace sightline
