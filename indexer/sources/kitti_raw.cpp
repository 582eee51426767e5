#include "indexer/sources/kitti_raw.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "indexer/base/file_io.h"
#include "indexer/sources/folder.h"

namespace sightline {
namespace {

constexpr std::array<const char*, 4> kCameras = {"image_00", "image_01", "image_02", "image_03"};
constexpr size_t kMaxTextBytes = size_t{64} << 20;

struct Position {
  double latitude_deg, longitude_deg;
};

bool is_drive(const std::string& folder) {
  const std::string name = folder_name(folder);
  if (!name.ends_with("_sync") && !name.ends_with("_extract")) return false;
  for (const std::string camera : kCameras) {
    if (has_folder(folder, camera + "/data")) return true;
  }
  return false;
}

std::string stem_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

std::optional<double> parse_time(const std::string& line) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(line.c_str(), "%4d-%2d-%2d %2d:%2d:%lf", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const bool is_time =
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 61;
  if (!date.ok() || !is_time) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400.0 + hour * 3600.0 + minute * 60.0 + second;
}

// One entry a line of timestamps.txt, by frame number; none where the file is absent.
std::vector<std::optional<double>> read_timestamps(const std::string& path) {
  std::vector<std::optional<double>> timestamps;
  const auto text = read_text_file(path, kMaxTextBytes);
  if (!text) return timestamps;
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    timestamps.push_back(parse_time(text->substr(begin, end - begin)));
    begin = end + 1;
  }
  return timestamps;
}

// By the stem of the file's name.
std::map<std::string, Position> read_positions(const std::string& folder) {
  std::map<std::string, Position> positions;
  const auto entries = list_folder(folder);
  if (!entries) return positions;
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != FolderEntry::Kind::kFile || !entry.name.ends_with(".txt")) continue;
    const auto text = read_text_file(join_path(folder, entry.name), kMaxTextBytes);
    Position position;
    if (!text ||
        std::sscanf(text->c_str(), "%lf %lf", &position.latitude_deg, &position.longitude_deg) != 2)
      continue;
    if (std::abs(position.latitude_deg) <= 90 && std::abs(position.longitude_deg) <= 180) {
      positions.emplace(stem_of(entry.name), position);
    }
  }
  return positions;
}

class KittiScan {
 public:
  KittiScan(const std::string& root, ScanResult& result) : root_(root), result_(result) {}

  // drive is the path below the root, "" for the root itself.
  void add_drive(const std::string& drive) {
    const std::string drive_path = join_path(root_, drive);
    const auto positions = read_positions(join_path(drive_path, "oxts/data"));
    for (const char* camera : kCameras) {
      if (has_folder(drive_path, camera)) add_camera(drive, camera, positions);
    }
  }

  // The sub-folders that are drives; false where there is none.
  bool add_drives_of(const std::string& folder) {
    bool found = false;
    for (const std::string& drive : folders_of(folder)) {
      if (!is_drive(join_path(root_, drive))) continue;
      found = true;
      add_drive(drive);
    }
    return found;
  }

  // Paths below the root; a folder that cannot be read becomes an item error.
  std::vector<std::string> folders_of(const std::string& folder) {
    std::vector<std::string> folders;
    for (const FolderEntry& entry : entries_of(folder)) {
      if (entry.kind == FolderEntry::Kind::kFolder)
        folders.push_back(join_path(folder, entry.name));
    }
    return folders;
  }

 private:
  void add_camera(const std::string& drive, const std::string& camera,
                  const std::map<std::string, Position>& positions) {
    const std::string data = join_path(join_path(drive, camera), "data");
    const auto timestamps =
        read_timestamps(join_path(root_, join_path(join_path(drive, camera), "timestamps.txt")));
    const std::string sequence = text_of_path(folder_name(join_path(root_, drive)));
    for (const FolderEntry& entry : entries_of(data)) {
      if (!is_image_name(entry.name) || entry.kind == FolderEntry::Kind::kFolder) continue;
      const std::string key = join_path(data, entry.name);
      if (entry.kind == FolderEntry::Kind::kOther) {
        result_.errors.push_back(
            {join_path(root_, key), "scan", "neither a file nor a link to one"});
        continue;
      }
      const std::string frame = stem_of(entry.name);
      SourceImage image;
      image.dataset = result_.dataset;
      image.sequence = sequence;
      image.camera = camera;
      image.path = join_path(root_, key);
      image.source_key = text_of_path(key);
      image.image_id = image.dataset + '/' + sequence + '/' + camera + '/' + text_of_path(frame);
      image.timestamp_s = timestamp_of(frame, timestamps);
      if (const auto position = positions.find(frame); position != positions.end()) {
        image.latitude_deg = position->second.latitude_deg;
        image.longitude_deg = position->second.longitude_deg;
      }
      result_.images.push_back(std::move(image));
    }
  }

  static std::optional<double> timestamp_of(const std::string& frame,
                                            const std::vector<std::optional<double>>& timestamps) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(frame.data(), frame.data() + frame.size(), number);
    const bool is_number = error == std::errc() && end == frame.data() + frame.size();
    return is_number && number < timestamps.size() ? timestamps[number] : std::nullopt;
  }

  std::vector<FolderEntry> entries_of(const std::string& folder) {
    auto entries = list_folder(join_path(root_, folder));
    if (entries) return std::move(entries).value();
    result_.errors.push_back({join_path(root_, folder), "scan", entries.error().message});
    return {};
  }

  const std::string& root_;
  ScanResult& result_;
};

bool holds_drives(const std::string& folder) {
  const auto entries = list_folder(folder);
  if (!entries) return false;
  for (const FolderEntry& entry : *entries) {
    if (entry.kind == FolderEntry::Kind::kFolder && is_drive(join_path(folder, entry.name)))
      return true;
  }
  return false;
}

}  // namespace

bool is_kitti_raw(const std::string& root) {
  if (is_drive(root) || holds_drives(root)) return true;
  const auto entries = list_folder(root);
  if (!entries) return false;
  for (const FolderEntry& entry : *entries) {
    if (entry.kind == FolderEntry::Kind::kFolder && holds_drives(join_path(root, entry.name)))
      return true;
  }
  return false;
}

Result<ScanResult> scan_kitti_raw(const std::string& root, const ScanOptions& options) {
  if (!is_kitti_raw(root)) {
    return invalid_argument(
        text_of_path(root) +
        " is no KITTI raw folder: found no *_sync or *_extract folder with image_0N/data in it; "
        "give the folder of dates, a date or a drive, or another --adapter");
  }
  ScanResult result;
  const bool is_root_of_dates = !is_drive(root) && !holds_drives(root);
  result.dataset = !options.dataset.empty() ? dataset_slug(options.dataset)
                   : is_root_of_dates       ? dataset_slug(folder_name(root))
                                            : "kitti";
  KittiScan scan(root, result);
  if (is_drive(root)) {
    scan.add_drive("");
  } else if (!scan.add_drives_of("")) {
    for (const std::string& date : scan.folders_of("")) scan.add_drives_of(date);
  }
  return result;
}

}  // namespace sightline
