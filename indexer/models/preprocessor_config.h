#pragma once

#include "indexer/base/json.h"
#include "native/base/result.h"
#include "native/clip/image_preprocess.h"

namespace sightline {

// Reads `preprocessor_config.json` of the Hugging Face layout, old and new spelling: the side of
// the square from crop_size, else size (a number, {height, width} or {shortest_edge}); image_mean
// and image_std, or none with do_normalize false. Errors: kModel.
Result<ImagePreprocessing> parse_preprocessor_config(const JsonValue& json);

}  // namespace sightline
