#pragma once

#include "indexer/sources/adapter.h"

namespace sightline {

// KITTI raw data (https://www.cvlibs.net/datasets/kitti/raw_data.php):
//   [<date>/]<drive>_sync|_extract/image_00..03/data/<frame>.png
//                                  image_00..03/timestamps.txt   line number = frame number
//                                  oxts/data/<frame>.txt         latitude and longitude first
// The root is the folder of dates, a date or a drive. The sequence is the drive, the camera
// image_0N, image_id "<dataset>/<drive>/<camera>/<frame>". The dataset is named after a root that
// holds dates, else "kitti". Absent or short timestamps and oxts leave their fields empty.
bool is_kitti_raw(const std::string& root);
Result<ScanResult> scan_kitti_raw(const std::string& root, const ScanOptions& options);

inline constexpr Adapter kKittiRawAdapter = {"kitti-raw", is_kitti_raw, scan_kitti_raw};

}  // namespace sightline
