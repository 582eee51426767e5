#include "native/vectors/hnsw_graph.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace {

std::string text(uint64_t number) { return std::to_string(number); }

// Neighbour ordinals are packed in as many bits as the largest ordinal needs.
unsigned link_bits(uint64_t rows) {
  return rows == 0 ? 0 : static_cast<unsigned>(std::bit_width(rows - 1));
}

Result<std::vector<uint32_t>> unpack_links(std::span<const uint8_t> bytes, size_t count,
                                           unsigned bits) {
  std::vector<uint32_t> links(count);
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  uint64_t buffer = 0;
  unsigned filled = 0;
  size_t next = 0;
  for (uint32_t& link : links) {
    for (; filled < bits; filled += 8) buffer |= uint64_t{bytes[next++]} << filled;
    link = static_cast<uint32_t>(buffer & mask);
    buffer >>= bits;
    filled -= bits;
  }
  if (buffer != 0) return corrupt("graph: the bits after the last link are not zero");
  return links;
}

class LinkPacker {
 public:
  LinkPacker(ByteWriter& writer, unsigned bits) : writer_(writer), bits_(bits) {}

  void add(std::span<const uint32_t> links) {
    for (const uint32_t link : links) {
      buffer_ |= uint64_t{link} << filled_;
      for (filled_ += bits_; filled_ >= 8; filled_ -= 8, buffer_ >>= 8) flush_byte();
    }
  }

  void finish() {
    if (filled_ > 0) flush_byte();
  }

 private:
  void flush_byte() { writer_.write(static_cast<uint8_t>(buffer_)); }

  ByteWriter& writer_;
  unsigned bits_;
  uint64_t buffer_ = 0;
  unsigned filled_ = 0;
};

Result<void> check_shape(const HnswGraphLists& lists) {
  const uint64_t rows = lists.levels.size();
  if (lists.m < 1 || lists.m > HnswGraph::kMaxM) {
    return corrupt("graph: M is " + text(lists.m) + ", expected 1 to " + text(HnswGraph::kMaxM));
  }
  uint64_t list_count = rows;
  for (uint64_t row = 0; row < rows; ++row) {
    list_count += lists.levels[row];
    if (lists.levels[row] <= HnswGraph::kMaxLevel) continue;
    return corrupt("graph: the level of row " + text(row) + " is " + text(lists.levels[row]) +
                   ", at most " + text(HnswGraph::kMaxLevel) + " are supported");
  }
  if (lists.counts.size() != list_count) {
    return corrupt("graph: " + text(lists.counts.size()) + " link counts, its levels call for " +
                   text(list_count));
  }
  const uint64_t link_count =
      std::accumulate(lists.counts.begin(), lists.counts.end(), uint64_t{0});
  if (lists.neighbors.size() != link_count) {
    return corrupt("graph: " + text(lists.neighbors.size()) + " links, its counts add up to " +
                   text(link_count));
  }
  if (list_count > std::numeric_limits<uint32_t>::max() ||
      link_count > std::numeric_limits<uint32_t>::max()) {
    return too_large("graph: more than 2^32 - 1 lists or links");
  }
  if (rows == 0) {
    if (lists.entry_point == 0) return {};
    return corrupt("graph: the entry point is " + text(lists.entry_point) +
                   ", expected 0 in a graph without rows");
  }
  if (lists.entry_point >= rows) {
    return corrupt("graph: the entry point is row " + text(lists.entry_point) + ", the graph has " +
                   text(rows) + " rows");
  }
  const uint64_t top_level = *std::max_element(lists.levels.begin(), lists.levels.end());
  if (lists.levels[lists.entry_point] != top_level) {
    return corrupt("graph: the entry point, row " + text(lists.entry_point) + ", is of level " +
                   text(lists.levels[lists.entry_point]) + ", the top level is " + text(top_level));
  }
  return {};
}

// One list of `row` on `level`; target_levels are the levels of all rows.
Result<void> check_list(std::span<const uint32_t> list, uint64_t row, uint32_t level,
                        uint64_t longest, const std::vector<uint8_t>& target_levels) {
  const auto place = [&] { return "row " + text(row) + " on level " + text(level); };
  const uint64_t rows = target_levels.size();
  if (list.size() > std::min(longest, rows - 1)) {
    return corrupt("graph: " + place() + " has " + text(list.size()) + " links, at most " +
                   text(std::min(longest, rows - 1)) + " are possible");
  }
  for (const uint32_t target : list) {
    if (target >= rows) {
      return corrupt("graph: " + place() + " links to row " + text(target) + ", the graph has " +
                     text(rows) + " rows");
    }
    if (target_levels[target] < level) {
      return corrupt("graph: " + place() + " links to row " + text(target) +
                     ", whose highest level is " + text(target_levels[target]));
    }
  }
  return {};
}

}  // namespace

Result<HnswGraph> HnswGraph::from_lists(HnswGraphLists lists) {
  RETURN_IF_ERROR(check_shape(lists));
  const size_t rows = lists.levels.size();
  HnswGraph graph;
  graph.m_ = lists.m;
  graph.entry_point_ = lists.entry_point;
  graph.base_begin_.reserve(rows + 1);
  graph.upper_first_.reserve(rows + 1);
  graph.upper_begin_.reserve(lists.counts.size() - rows + 1);

  size_t list_index = 0;
  size_t link_index = 0;
  const auto take_list = [&](uint64_t row, uint32_t level, uint32_t longest) {
    const auto list = std::span(lists.neighbors).subspan(link_index, lists.counts[list_index++]);
    link_index += list.size();
    return check_list(list, row, level, longest, lists.levels);
  };
  for (size_t row = 0; row < rows; ++row) {
    RETURN_IF_ERROR(take_list(row, 0, 2 * lists.m));
    graph.base_begin_.push_back(static_cast<uint32_t>(link_index));
  }
  graph.upper_begin_[0] = static_cast<uint32_t>(link_index);
  for (size_t row = 0; row < rows; ++row) {
    for (uint32_t level = 1; level <= lists.levels[row]; ++level) {
      RETURN_IF_ERROR(take_list(row, level, lists.m));
      graph.upper_begin_.push_back(static_cast<uint32_t>(link_index));
    }
    graph.upper_first_.push_back(graph.upper_first_.back() + lists.levels[row]);
  }
  graph.neighbors_ = std::move(lists.neighbors);
  return graph;
}

Result<HnswGraph> HnswGraph::parse(std::span<const uint8_t> payload, uint32_t most_rows) {
  ByteReader reader(payload);
  const auto rows = reader.read<uint32_t>();
  HnswGraphLists lists;
  lists.m = reader.read<uint32_t>();
  lists.entry_point = reader.read<uint32_t>();
  const auto link_count = reader.read<uint32_t>();
  if (reader.ok() && rows > most_rows) {
    return corrupt("graph: has " + text(rows) + " rows, its section has " + text(most_rows));
  }
  lists.levels = reader.read_array<uint8_t>(rows);
  const uint64_t list_count =
      std::accumulate(lists.levels.begin(), lists.levels.end(), uint64_t{rows});
  if (reader.ok() && list_count <= reader.remaining() / sizeof(uint16_t)) {
    lists.counts = reader.read_array<uint16_t>(static_cast<size_t>(list_count));
  } else {
    return corrupt("graph: ends after " + text(payload.size()) + " bytes, inside its " +
                   (reader.ok()            ? "link counts"
                    : reader.offset() < 16 ? "header"
                                           : "levels"));
  }
  const uint64_t link_bytes = (uint64_t{link_count} * link_bits(rows) + 7) / 8;
  if (link_bytes != reader.remaining()) {
    return corrupt("graph: " + text(reader.remaining()) + " bytes of links, expected " +
                   text(link_bytes) + " for " + text(link_count) + " links");
  }
  const uint64_t counted = std::accumulate(lists.counts.begin(), lists.counts.end(), uint64_t{0});
  if (counted != link_count) {
    return corrupt("graph: " + text(link_count) + " links, its counts add up to " + text(counted));
  }
  ASSIGN_OR_RETURN(lists.neighbors,
                   unpack_links(reader.take(reader.remaining()), link_count, link_bits(rows)));
  return from_lists(std::move(lists));
}

std::vector<uint8_t> write_graph(const HnswGraph& graph) {
  const uint32_t rows = graph.rows();
  ByteWriter writer;
  writer.write(rows);
  writer.write(graph.m());
  writer.write(graph.entry_point());
  writer.write(static_cast<uint32_t>(graph.link_count()));
  const auto for_each_upper_list = [&](auto&& visit) {
    for (uint32_t row = 0; row < rows; ++row) {
      for (uint32_t level = 1; level <= graph.level(row); ++level) {
        visit(graph.upper_neighbors(row, level));
      }
    }
  };
  const auto for_each_list = [&](auto&& visit) {
    for (uint32_t row = 0; row < rows; ++row) visit(graph.base_neighbors(row));
    for_each_upper_list(visit);
  };
  for (uint32_t row = 0; row < rows; ++row) writer.write(static_cast<uint8_t>(graph.level(row)));
  for_each_list(
      [&](std::span<const uint32_t> list) { writer.write(static_cast<uint16_t>(list.size())); });
  LinkPacker packer(writer, link_bits(rows));
  for_each_list([&](std::span<const uint32_t> list) { packer.add(list); });
  packer.finish();
  return std::move(writer).take();
}

}  // namespace sightline
