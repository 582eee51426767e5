#include "datasets/streets/dataset_writer.h"

#include <cctype>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace sightline {
namespace {

namespace fs = std::filesystem;
constexpr float kLeastBox_px = 8;

std::string format(const char* pattern, ...) {
  char text[512];
  va_list args;
  va_start(args, pattern);
  std::vsnprintf(text, sizeof text, pattern, args);
  va_end(args);
  return text;
}

std::string write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  return out ? "" : "cannot write " + path.string() + "; is the disk full or the folder read-only?";
}

std::string make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? "cannot create the folder " + path.string() + ": " + error.message() : "";
}

/// KITTI's clock, nanoseconds after the dot.
std::string timestamp(const Drive& drive, double time_s) {
  const auto hundredths = static_cast<long long>(std::llround(time_s * 100));
  const long long second = drive.start_second_of_day + hundredths / 100;
  return format("2026-01-05 %02lld:%02lld:%02lld.%09lld", second / 3600 % 24, second / 60 % 60,
                second % 60, hundredths % 100 * 10000000);
}

std::string kitti_type(ObjectClass kind) {
  std::string out;
  bool upper = true;
  for (const char* c = name_of(kind); *c; ++c) {
    if (*c == ' ')
      upper = true;
    else
      out += upper ? static_cast<char>(std::toupper(*c)) : *c, upper = false;
  }
  return out;
}

bool is_worth_noting(const Sighting& s) {
  return s.box_xyxy_px[3] - s.box_xyxy_px[1] >= kLeastBox_px &&
         s.box_xyxy_px[2] - s.box_xyxy_px[0] >= kLeastBox_px * 0.4f && s.visibility > 0.02f;
}

std::string scene_line(const Drive& drive, const FrameState& frame, const FrameRecord& record,
                       const std::string& path) {
  std::string line = format(
      "{\"path\":\"%s\",\"drive\":\"%04d\",\"timestamp_s\":%.1f,\"time_of_day\":\"%s\",\"weather\":"
      "\"%s\",\"place\":\"%s\",\"objects\":[",
      path.c_str(), drive.number, frame.time_s, name_of(drive.time_of_day), name_of(drive.weather),
      name_of(drive.place));
  const char* comma = "";
  for (const Sighting& s : record.sightings) {
    if (!is_worth_noting(s)) continue;
    const ActorState& state = frame.actors[static_cast<size_t>(s.state)];
    const Actor& actor = drive.actors[static_cast<size_t>(state.actor)];
    const float* b = s.box_xyxy_px;
    line += format(
        "%s{\"class_name\":\"%s\",\"colour\":\"%s\",\"box_xyxy_px\":[%.1f,%.1f,%.1f,%.1f],\"track_"
        "id\":%d,\"visibility\":%.3f}",
        comma, name_of(actor.kind), name_of(state.colour), b[0], b[1], b[2], b[3], actor.track_id,
        s.visibility);
    comma = ",";
  }
  line += "],\"captions\":[";
  comma = "";
  for (const std::string& caption : record.captions) {
    line += std::string(comma) + '"' + caption + '"';
    comma = ",";
  }
  return line + "]}\n";
}

}  // namespace

std::string DatasetWriter::open() {
  if (std::string error = make_folder(root_ / "label_02"); !error.empty()) return error;
  scenes_.open(root_ / "scenes.jsonl", std::ios::binary);
  return scenes_
             ? ""
             : "cannot write " + (root_ / "scenes.jsonl").string() + "; is the folder read-only?";
}

fs::path DatasetWriter::drive_folder(const Drive& drive) const {
  return fs::path("2026_01_05") / format("2026_01_05_drive_%04d_sync", drive.number);
}

std::string DatasetWriter::image_path(const Drive& drive, int frame) const {
  return (drive_folder(drive) / "image_02" / "data" /
          format("%010d.%s", frame, format_ == ImageFormat::kJpeg ? "jpg" : "png"))
      .generic_string();
}

std::string DatasetWriter::begin_drive(const Drive& drive) {
  const fs::path folder = root_ / drive_folder(drive);
  if (std::string error = make_folder(folder / "image_02" / "data"); !error.empty()) return error;
  return make_folder(folder / "oxts" / "data");
}

std::string DatasetWriter::write_image(const Drive& drive, int frame,
                                       const std::vector<uint8_t>& rgb) const {
  const std::vector<uint8_t> bytes = format_ == ImageFormat::kJpeg
                                         ? encode_jpeg(rgb, kWidth_px, kHeight_px, 88)
                                         : encode_png(rgb, kWidth_px, kHeight_px);
  const fs::path path = root_ / image_path(drive, frame);
  if (bytes.empty()) return "cannot encode " + path.string();
  return write_file(path, std::string(bytes.begin(), bytes.end()));
}

std::string DatasetWriter::write_tracks(const Drive& drive,
                                        const std::vector<FrameRecord>& records) const {
  std::string text;
  for (size_t i = 0; i < records.size(); ++i) {
    const FrameState& frame = drive.frames[i];
    for (const Sighting& s : records[i].sightings) {
      if (!is_worth_noting(s)) continue;
      const ActorState& state = frame.actors[static_cast<size_t>(s.state)];
      const Actor& actor = drive.actors[static_cast<size_t>(state.actor)];
      const float* b = s.box_xyxy_px;
      const float x = state.x - frame.ego.x, z = state.s - frame.ego.s;
      // KITTI's yaw is 0 along the camera's x axis and grows clockwise seen from above.
      const float yaw = std::remainder(state.heading - 1.5707963f, 6.2831853f),
                  alpha = std::remainder(yaw - std::atan2(x, z), 6.2831853f);
      const int occluded = s.visibility > 0.9f ? 0 : s.visibility > 0.4f ? 1 : 2;
      text +=
          format("%zu %d %s %d %d %.4f %.2f %.2f %.2f %.2f %.3f %.3f %.3f %.3f %.3f %.3f %.4f\n", i,
                 actor.track_id, kitti_type(actor.kind).c_str(), s.truncated ? 1 : 0, occluded,
                 alpha, b[0], b[1], b[2], b[3], actor.height, actor.width, actor.length, x,
                 kCameraHeight_m, z, yaw);
    }
  }
  return write_file(root_ / "label_02" / format("%04d.txt", drive.number), text);
}

std::string DatasetWriter::write_positions(const Drive& drive) const {
  const fs::path folder = root_ / drive_folder(drive);
  std::string stamps;
  for (size_t i = 0; i < drive.frames.size(); ++i) {
    const FrameState& frame = drive.frames[i];
    const Ego& ego = frame.ego;
    stamps += timestamp(drive, frame.time_s) + "\n";
    const double latitude = drive.latitude + ego.north_m / 111320.0;
    const double longitude =
        drive.longitude + ego.east_m / (111320.0 * std::cos(drive.latitude * 0.017453293));
    const float yaw =
        std::remainder(1.5707963f - ego.heading, 6.2831853f);  // anticlockwise from east
    const float north = ego.speed * std::cos(ego.heading), east = ego.speed * std::sin(ego.heading);
    const float turn = -ego.speed * ego.curvature, inward = ego.speed * turn, a = ego.acceleration;
    std::string row =
        format("%.12f %.12f %.6f %.6f %.6f %.6f ", latitude, longitude, 112.0, 0.0, 0.0, yaw);
    row += format("%.6f %.6f %.6f %.6f %.6f ", north, east, ego.speed, 0.0, 0.0);  // vn ve vf vl vu
    row += format("%.6f %.6f %.6f %.6f %.6f %.6f ", a, inward, 9.81, a, inward,
                  9.81);  // ax ay az af al au
    row += format("%.6f %.6f %.6f %.6f %.6f %.6f ", 0.0, 0.0, turn, 0.0, 0.0,
                  turn);  // wx wy wz wf wl wu
    row += "0.05 0.01 4 10 4 4 0\n";
    if (std::string error = write_file(folder / "oxts" / "data" / format("%010zu.txt", i), row);
        !error.empty())
      return error;
  }
  if (std::string error = write_file(folder / "oxts" / "timestamps.txt", stamps); !error.empty())
    return error;
  return write_file(folder / "image_02" / "timestamps.txt", stamps);
}

std::string DatasetWriter::end_drive(const Drive& drive, const std::vector<FrameRecord>& records) {
  if (std::string error = write_positions(drive); !error.empty()) return error;
  if (std::string error = write_tracks(drive, records); !error.empty()) return error;
  for (size_t i = 0; i < records.size(); ++i)
    scenes_ << scene_line(drive, drive.frames[i], records[i],
                          image_path(drive, static_cast<int>(i)));
  scenes_.flush();
  return scenes_ ? "" : "cannot write " + (root_ / "scenes.jsonl").string() + "; is the disk full?";
}

}  // namespace sightline
