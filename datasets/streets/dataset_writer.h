#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "datasets/streets/drive.h"
#include "datasets/streets/renderer.h"

namespace sightline {

enum class ImageFormat { kJpeg, kPng };

/// What is kept of a frame once its image is on the disk.
struct FrameRecord {
  std::vector<Sighting> sightings;
  std::vector<std::string> captions;
};

/// Writes drives in the layout of KITTI raw, with tracks in that of KITTI tracking
/// (`label_02/NNNN.txt`, class names capitalised and without spaces) and one JSON line a frame in
/// `scenes.jsonl`. Every method returns an error sentence, empty when all went well.
class DatasetWriter {
 public:
  DatasetWriter(std::filesystem::path root, ImageFormat format)
      : root_(std::move(root)), format_(format) {}

  std::string open();
  std::string begin_drive(const Drive& drive);
  /// Safe to call from several threads for different frames.
  std::string write_image(const Drive& drive, int frame, const std::vector<uint8_t>& rgb) const;
  /// Timestamps, positions, tracks and scenes of a drive; drives must come in order.
  std::string end_drive(const Drive& drive, const std::vector<FrameRecord>& records);

 private:
  std::filesystem::path drive_folder(const Drive& drive) const;
  std::string image_path(const Drive& drive, int frame) const;
  std::string write_tracks(const Drive& drive, const std::vector<FrameRecord>& records) const;
  std::string write_positions(const Drive& drive) const;

  std::filesystem::path root_;
  ImageFormat format_;
  std::ofstream scenes_;
};

}  // namespace sightline
