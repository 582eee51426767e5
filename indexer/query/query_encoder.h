#pragma once

#include <string>
#include <vector>

#include "indexer/bundle/opened_bundle.h"

namespace sightline {

// The embeddings of a query's phrases by the bundle's own model: [phrases, embedding_dim] float32,
// unit length; one phrase, unless the text asks for several things (split_conjunction). A phrase of
// the bundle's phrase bank needs no model.
//
// By the bundle's packed text encoder, where it has one. Otherwise
// the model's file is an installed one with the same SHA-256, else the one the bundle carries, kept
// in the user's cache folder. Errors: kModel where neither is to be had, with how to get it.
struct EmbeddedText {
  std::vector<float> embeddings;  // [phrases, embedding_dim] float32
  double familiarity = 1.0;       // of the least familiar phrase; banked ones are familiar
};
Result<EmbeddedText> embed_query_text(OpenedBundle& bundle, const std::string& text);

// Of each of several texts as it stands, one after another: [texts, embedding_dim].
Result<std::vector<float>> embed_query_texts(OpenedBundle& bundle,
                                             const std::vector<std::string>& texts);

// Of the centre square of an image file: [embedding_dim].
Result<std::vector<float>> embed_query_image(OpenedBundle& bundle, const std::string& path);

}  // namespace sightline
