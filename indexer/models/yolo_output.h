#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sightline {

// A box as a network gives it: x0, y0, x1, y1 in pixels of the network's input.
struct Candidate {
  uint32_t class_id = 0;
  float confidence = 0;
  std::array<float, 4> box_xyxy_px = {};
};

// How many boxes a YOLO head gives: one a grid cell at strides 8, 16 and 32.
size_t anchor_count(uint32_t width_px, uint32_t height_px);

// Reads a YOLOv8 head. output: [4 + class_count, anchor_count], rows centre x, centre y, width,
// height in input pixels and then class confidences (Ultralytics YOLOv8).
// The best class of each anchor is kept where it reaches min_confidence.
std::vector<Candidate> read_yolov8(std::span<const float> output, size_t class_count,
                                   float min_confidence);

// Reads a YOLOX head. output: [anchor_count, 5 + class_count], each row centre x, centre y, width,
// height, objectness, class confidences (arXiv 2107.08430). Unless is_decoded, centres are relative
// to their grid cell and sizes are logarithms, both in strides.
std::vector<Candidate> read_yolox(std::span<const float> output, size_t class_count,
                                  uint32_t width_px, uint32_t height_px, bool is_decoded,
                                  float min_confidence);

// Whether a YOLOX output for any picture holds centres in pixels already: those reach across the
// picture, while raw ones stay within a few cells.
bool looks_decoded(std::span<const float> output, size_t class_count);

// Greedy suppression within each class: drops every box that overlaps a more confident one by more
// than max_iou. At most max_count remain, most confident first, ties in the order given.
std::vector<Candidate> suppress_overlaps(std::vector<Candidate> candidates, float max_iou,
                                         size_t max_count);

// Intersection over union of two boxes x0, y0, x1, y1; 0 for empty ones.
float box_iou(const std::array<float, 4>& a, const std::array<float, 4>& b);

}  // namespace sightline
