// The phrase bank: pages are given as stored, what is found in them is returned.

#include <memory>
#include <string>

#include <emscripten/bind.h>

#include "native/bundle/phrase_bank.h"
#include "native/search/phrase_lookup.h"
#include "native/search/phrase_suggestions.h"
#include "wasm/js_values.h"

namespace sightline {
namespace {

// Ends with delete().
class PhraseSuggestionsBinding {
 public:
  explicit PhraseSuggestionsBinding(PhraseSuggestions suggestions)
      : suggestions_(std::move(suggestions)) {}

  static std::unique_ptr<PhraseSuggestionsBinding> parse(const val& payload) {
    return std::make_unique<PhraseSuggestionsBinding>(
        value_or_throw(PhraseSuggestions::parse(to_vector<uint8_t>(payload))));
  }
  val complete(const std::string& text, uint32_t count) const {
    return to_array(suggestions_.complete(text, count));
  }
  val nearest(const std::string& text) const {
    const auto phrase = suggestions_.nearest(text);
    return phrase ? val(*phrase) : val::null();
  }

 private:
  PhraseSuggestions suggestions_;
};

val phrase_leaf(const val& directory, const val& stored, const std::string& text) {
  return to_value(
      value_or_throw(find_phrase_leaf(to_object_ref(directory), to_vector<uint8_t>(stored), text)));
}

val phrase_embedding(const val& leaf, const val& stored, const std::string& text, uint32_t dim) {
  const auto embedding = value_or_throw(
      find_phrase_embedding(to_object_ref(leaf), to_vector<uint8_t>(stored), text, dim));
  return embedding ? to_typed_array("Float32Array", *embedding) : val::null();
}

val phrase_answer(const val& page, const val& stored, const std::string& text) {
  const auto images =
      value_or_throw(find_phrase_answer(to_object_ref(page), to_vector<uint8_t>(stored), text));
  return images ? to_typed_array("Uint32Array", *images) : val::null();
}

// What a directory of the phrase bank refers to.
val read_phrase_pages(const val& payload) {
  val array = val::array();
  for (const auto& page : value_or_throw(parse_phrase_directory(to_vector<uint8_t>(payload)))) {
    push(array, to_object(page.ref));
  }
  return array;
}

}  // namespace

EMSCRIPTEN_BINDINGS(phrase_bank) {
  emscripten::class_<PhraseSuggestionsBinding>("PhraseSuggestions")
      .class_function("parse", &PhraseSuggestionsBinding::parse)
      .function("complete", &PhraseSuggestionsBinding::complete)
      .function("nearest", &PhraseSuggestionsBinding::nearest);
  emscripten::function("phraseLeaf", &phrase_leaf);
  emscripten::function("phraseEmbedding", &phrase_embedding);
  emscripten::function("phraseAnswer", &phrase_answer);
  emscripten::function("readPhrasePages", &read_phrase_pages);
}

}  // namespace sightline
