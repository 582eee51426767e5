#include "native/bundle/columns.h"

#include <algorithm>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace {

Result<void> read_category(ByteReader& reader, uint32_t image_count, Column& column) {
  column.codes = reader.read_array<uint32_t>(image_count);
  for (const uint32_t code : column.codes) {
    if (code >= column.values.size()) {
      return corrupt("columns: '" + column.name + "' holds value " + std::to_string(code) +
                     ", but there are " + std::to_string(column.values.size()));
    }
  }
  return {};
}

Result<void> read_tags(ByteReader& reader, uint32_t image_count, Column& column) {
  column.tag_offsets = reader.read_array<uint32_t>(uint64_t{image_count} + 1);
  if (!reader.ok()) return {};
  const uint32_t tag_count = column.tag_offsets.back();
  if (column.tag_offsets.front() != 0 ||
      !std::is_sorted(column.tag_offsets.begin(), column.tag_offsets.end())) {
    return corrupt("columns: the offsets of '" + column.name + "' do not ascend from 0");
  }
  const auto pairs = reader.read_array<uint16_t>(uint64_t{tag_count} * 2);
  if (!reader.ok()) return {};
  column.tags.resize(tag_count);
  for (uint32_t i = 0; i < tag_count; ++i) {
    column.tags[i] = {pairs[2 * i], pairs[2 * i + 1]};
    if (column.tags[i].value >= column.values.size()) {
      return corrupt("columns: '" + column.name + "' holds tag " + std::to_string(pairs[2 * i]) +
                     ", but there are " + std::to_string(column.values.size()));
    }
  }
  return {};
}

}  // namespace

std::vector<uint8_t> write_columns(std::span<const Column> columns) {
  ByteWriter writer;
  writer.write(static_cast<uint16_t>(columns.size()));
  for (const auto& column : columns) {
    writer.write_string(column.name);
    writer.write(static_cast<uint8_t>(column.type));
    writer.write(static_cast<uint32_t>(column.values.size()));
    for (const auto& value : column.values) writer.write_string(value);
    writer.write_array<uint32_t>(column.codes);
    writer.write_array<double>(column.numbers);
    writer.write_array<uint32_t>(column.tag_offsets);
    for (const auto& tag : column.tags) {
      writer.write(tag.value);
      writer.write(tag.count);
    }
  }
  return std::move(writer).take();
}

Result<std::vector<Column>> parse_columns(std::span<const uint8_t> payload, uint32_t image_count) {
  ByteReader reader(payload);
  std::vector<Column> columns;
  const auto column_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < column_count && reader.ok(); ++i) {
    Column column;
    column.name = reader.read_string();
    const auto type = reader.read<uint8_t>();
    const auto value_count = reader.read<uint32_t>();
    if (type > static_cast<uint8_t>(ColumnType::kTags)) {
      return corrupt("columns: '" + column.name + "' is of type " + std::to_string(type) +
                     ", expected 0 to 2");
    }
    if (value_count > reader.remaining() / 2) {
      return corrupt("columns: " + std::to_string(value_count) + " values do not fit the payload");
    }
    column.type = static_cast<ColumnType>(type);
    column.values.reserve(value_count);
    for (uint32_t v = 0; v < value_count && reader.ok(); ++v) {
      column.values.emplace_back(reader.read_string());
    }
    switch (column.type) {
      case ColumnType::kCategory:
        RETURN_IF_ERROR(read_category(reader, image_count, column));
        break;
      case ColumnType::kNumber:
        column.numbers = reader.read_array<double>(image_count);
        break;
      case ColumnType::kTags:
        RETURN_IF_ERROR(read_tags(reader, image_count, column));
        break;
    }
    columns.push_back(std::move(column));
  }
  if (!reader.ok()) return corrupt("columns: the bytes end inside a column");
  if (reader.remaining() > 0) return corrupt("columns: bytes follow the last column");
  return columns;
}

const Column* find_column(std::span<const Column> columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace sightline
