#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/columns.h"
#include "native/bundle/records.h"

namespace sightline {

// What is known of the images behind the rows of a file of vectors, in the rows' order.
struct RecordTable {
  std::vector<ImageRecord> records;
  std::vector<Column> columns;
};

// Reads one JSON object a line, one for each row. Known members: image_id, path, sequence, camera,
// media_url, width_px, height_px, timestamp_s, latitude_deg, longitude_deg; the image_id is the row
// number where there is none. Any other member that is a text or a number becomes a facet.
// kInvalidArgument: another number of lines, a line that is no object, an image_id given twice.
Result<RecordTable> read_record_file(const std::string& path, uint32_t row_count);

// Records that say no more than the row's number.
RecordTable numbered_records(uint32_t row_count);

}  // namespace sightline
