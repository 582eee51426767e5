#include "indexer/models/yolo_output.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace sightline {
namespace {

constexpr uint32_t kStrides[] = {8, 16, 32};

void keep(std::vector<Candidate>& candidates, size_t class_id, float confidence,
          std::array<float, 4> centre_and_size) {
  const auto [x, y, width, height] = centre_and_size;
  if (!std::isfinite(x + y + width + height)) return;
  candidates.push_back({static_cast<uint32_t>(class_id),
                        std::clamp(confidence, 0.0f, 1.0f),
                        {x - width / 2, y - height / 2, x + width / 2, y + height / 2}});
}

}  // namespace

size_t anchor_count(uint32_t width_px, uint32_t height_px) {
  size_t count = 0;
  for (const uint32_t stride : kStrides) count += size_t{width_px / stride} * (height_px / stride);
  return count;
}

std::vector<Candidate> read_yolov8(std::span<const float> output, size_t class_count,
                                   float min_confidence) {
  const size_t count = output.size() / (4 + class_count);
  std::vector<Candidate> candidates;
  std::vector<float> best(count, -1);
  std::vector<size_t> best_class(count);
  for (size_t class_id = 0; class_id < class_count; ++class_id) {
    const auto row = output.subspan((4 + class_id) * count, count);
    for (size_t i = 0; i < count; ++i) {
      if (row[i] > best[i]) {
        best[i] = row[i];
        best_class[i] = class_id;
      }
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (!(best[i] >= min_confidence)) continue;
    keep(candidates, best_class[i], best[i],
         {output[i], output[count + i], output[2 * count + i], output[3 * count + i]});
  }
  return candidates;
}

std::vector<Candidate> read_yolox(std::span<const float> output, size_t class_count,
                                  uint32_t width_px, uint32_t height_px, bool is_decoded,
                                  float min_confidence) {
  std::vector<Candidate> candidates;
  const size_t row_length = 5 + class_count;
  const float* row = output.data();
  for (const uint32_t stride : kStrides) {
    for (uint32_t cell_y = 0; cell_y < height_px / stride; ++cell_y) {
      for (uint32_t cell_x = 0; cell_x < width_px / stride; ++cell_x, row += row_length) {
        const float* best = std::max_element(row + 5, row + row_length);
        const float confidence = row[4] * *best;
        if (!(confidence >= min_confidence)) continue;
        std::array<float, 4> box = {row[0], row[1], row[2], row[3]};
        if (!is_decoded) {
          const auto unit = static_cast<float>(stride);
          box = {(row[0] + static_cast<float>(cell_x)) * unit,
                 (row[1] + static_cast<float>(cell_y)) * unit, std::exp(row[2]) * unit,
                 std::exp(row[3]) * unit};
        }
        keep(candidates, static_cast<size_t>(best - (row + 5)), confidence, box);
      }
    }
  }
  return candidates;
}

bool looks_decoded(std::span<const float> output, size_t class_count) {
  const size_t row_length = 5 + class_count;
  const size_t count = output.size() / row_length;
  constexpr float kFarPx = 16;
  size_t far_count = 0;
  for (size_t i = 0; i < count; ++i) far_count += std::abs(output[i * row_length]) > kFarPx ? 1 : 0;
  return far_count * 2 > count;
}

std::vector<Candidate> suppress_overlaps(std::vector<Candidate> candidates, float max_iou,
                                         size_t max_count) {
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.confidence > b.confidence; });
  std::vector<Candidate> kept;
  for (const Candidate& candidate : candidates) {
    if (kept.size() == max_count) break;
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const Candidate& other) {
      return other.class_id == candidate.class_id &&
             box_iou(other.box_xyxy_px, candidate.box_xyxy_px) > max_iou;
    });
    if (!hidden) kept.push_back(candidate);
  }
  return kept;
}

float box_iou(const std::array<float, 4>& a, const std::array<float, 4>& b) {
  const float width = std::min(a[2], b[2]) - std::max(a[0], b[0]);
  const float height = std::min(a[3], b[3]) - std::max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}

}  // namespace sightline
