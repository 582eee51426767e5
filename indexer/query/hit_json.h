#pragma once

#include "indexer/base/json.h"
#include "indexer/bundle/opened_bundle.h"

namespace sightline {

// A hit as `search --json` prints it: {"image_id", "dataset", "sequence", "timestamp_s", "path",
// "media_url", "width_px", "height_px", "similarity", "view", "detections", ...}.
JsonValue hit_json(const Root& root, const Hit& hit, const ImageRecord& record);

// A record without a search: the same members but similarity and view.
JsonValue record_json(const Root& root, const ImageRecord& record);

}  // namespace sightline
