#pragma once

#include <string>

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/models/clip_model.h"
#include "native/bundle/root.h"

namespace sightline {

// Which files of the CLIP pair go into the bundle, for search in the browser.
enum class PublishedModels : uint8_t { kNone, kText, kBoth };

// Has texts embedded by the packed encoder from here on, if any model is published. A text tower
// that is not CLIP's stays with ONNX Runtime, here and in the page; a note says so.
void pack_text_tower(ClipModel& clip, PublishedModels published, Progress& progress);

// Adds the tokenizer, the chosen files of the pair and the packed text encoder that clip uses, if
// any, to the bundle. warning: shown to visitors, or empty.
Result<void> add_model(const ClipModel& clip, PublishedModels published, const std::string& warning,
                       BundleWriter& writer, Root& root);

}  // namespace sightline
