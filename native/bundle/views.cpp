#include "native/bundle/views.h"

#include <string>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace {

constexpr uint64_t kRowBytes = 4 + 1 + 4 * 4;

}  // namespace

std::vector<uint8_t> write_views(std::span<const ViewRow> rows) {
  ByteWriter writer;
  for (const auto& row : rows) writer.write(row.image);
  for (const auto& row : rows) writer.write(static_cast<uint8_t>(row.view.kind));
  for (const auto& row : rows) writer.write(row.view.box.x0);
  for (const auto& row : rows) writer.write(row.view.box.y0);
  for (const auto& row : rows) writer.write(row.view.box.x1);
  for (const auto& row : rows) writer.write(row.view.box.y1);
  return std::move(writer).take();
}

Result<std::vector<ViewRow>> parse_views(std::span<const uint8_t> payload, uint32_t expected_rows,
                                         uint32_t image_count) {
  if (payload.size() != expected_rows * kRowBytes) {
    return corrupt("views: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(expected_rows * kRowBytes) + " for " +
                   std::to_string(expected_rows) + " rows");
  }
  ByteReader reader(payload);
  std::vector<ViewRow> rows(expected_rows);
  for (auto& row : rows) row.image = reader.read<uint32_t>();
  for (auto& row : rows) row.view.kind = static_cast<ViewKind>(reader.read<uint8_t>());
  for (auto& row : rows) row.view.box.x0 = reader.read<uint32_t>();
  for (auto& row : rows) row.view.box.y0 = reader.read<uint32_t>();
  for (auto& row : rows) row.view.box.x1 = reader.read<uint32_t>();
  for (auto& row : rows) row.view.box.y1 = reader.read<uint32_t>();
  for (uint32_t i = 0; i < expected_rows; ++i) {
    const auto& [image, view] = rows[i];
    if (image >= image_count) {
      return corrupt("views: row " + std::to_string(i) + " shows image " + std::to_string(image) +
                     ", but there are " + std::to_string(image_count));
    }
    if (view.kind > ViewKind::kCrop) {
      return corrupt("views: row " + std::to_string(i) + " is of kind " +
                     std::to_string(static_cast<int>(view.kind)) + ", expected 0 to 2");
    }
    if (view.box.x0 >= view.box.x1 || view.box.y0 >= view.box.y1) {
      return corrupt("views: row " + std::to_string(i) + " has an empty box");
    }
  }
  return rows;
}

}  // namespace sightline
