// From a text to its embedding. Objects of the classes own memory of the module and end with
// delete().

#include <memory>
#include <string>

#include <emscripten/bind.h>

#include "native/clip/familiarity.h"
#include "native/clip/tokenizer.h"
#include "native/search/conjunction.h"
#include "native/search/packed_text_encoder.h"
#include "wasm/js_values.h"

namespace sightline {
namespace {

class TokenizerBinding {
 public:
  explicit TokenizerBinding(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {}

  static std::unique_ptr<TokenizerBinding> parse(const val& payload) {
    return std::make_unique<TokenizerBinding>(
        value_or_throw(Tokenizer::parse(to_vector<uint8_t>(payload))));
  }
  val encode(const std::string& text) const {
    return to_typed_array("Uint32Array", value_or_throw(tokenizer_.encode(text)));
  }
  double familiarity(const std::string& text) const { return text_familiarity(tokenizer_, text); }

 private:
  Tokenizer tokenizer_;
};

// PackedTextEncoder with JavaScript's values.
class TextEncoderBinding {
 public:
  explicit TextEncoderBinding(PackedTextEncoder encoder) : encoder_(std::move(encoder)) {}

  // payload: the root's, or what `sightline models pack` wrote.
  static std::unique_ptr<TextEncoderBinding> open(const val& payload, uint32_t embedding_dim) {
    const auto bytes = to_vector<uint8_t>(payload);
    ByteReader reader(bytes);
    const auto info = value_or_throw(parse_packed_encoder(reader));
    return std::make_unique<TextEncoderBinding>(
        value_or_throw(PackedTextEncoder::open(info, embedding_dim)));
  }

  val missing_objects() const { return to_array(encoder_.missing_objects()); }
  // ids: Uint32Array.
  val missing_objects_of(const val& ids) const {
    return to_array(value_or_throw(encoder_.missing_objects(to_vector<uint32_t>(ids))));
  }
  val all_objects() const { return to_array(encoder_.all_objects()); }
  void add_object(const val& ref, const val& stored) {
    ok_or_throw(encoder_.add_object(to_object_ref(ref), to_vector<uint8_t>(stored)));
  }
  val encode(const val& ids) const {
    return to_typed_array("Float32Array",
                          value_or_throw(encoder_.encode(to_vector<uint32_t>(ids))));
  }

 private:
  PackedTextEncoder encoder_;
};

val split_conjunction_of(const std::string& text) { return to_array(split_conjunction(text)); }

}  // namespace

EMSCRIPTEN_BINDINGS(text_encoder) {
  emscripten::class_<TokenizerBinding>("Tokenizer")
      .class_function("parse", &TokenizerBinding::parse)
      .function("encode", &TokenizerBinding::encode)
      .function("familiarity", &TokenizerBinding::familiarity);
  emscripten::class_<TextEncoderBinding>("TextEncoder")
      .class_function("open", &TextEncoderBinding::open)
      .function("missingObjects", &TextEncoderBinding::missing_objects)
      .function("missingObjectsOf", &TextEncoderBinding::missing_objects_of)
      .function("allObjects", &TextEncoderBinding::all_objects)
      .function("addObject", &TextEncoderBinding::add_object)
      .function("encode", &TextEncoderBinding::encode);
  emscripten::function("splitConjunction", &split_conjunction_of);
}

}  // namespace sightline
