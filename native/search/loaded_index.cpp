#include "native/search/loaded_index.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace sightline {
namespace {

// Rows a search of the graph looks at for each of its ef_search candidates, roughly; decides when
// scanning the allowed rows is cheaper than walking the graph past rows that are not allowed.
constexpr uint64_t kRowsPerCandidate = 25;

// Codes that are scanned within a few milliseconds. Among near-duplicate frames of video a graph
// loses itself: of 135,000 rows of 20,000 frames it found 0.67 of what a scan finds.
constexpr uint64_t kQuickScanBytes = 64u << 20;

uint64_t count_bits(std::span<const uint64_t> bits) {
  uint64_t count = 0;
  for (const uint64_t word : bits) count += static_cast<uint64_t>(std::popcount(word));
  return count;
}

std::vector<uint64_t> allowed_rows(std::span<const ViewRow> views,
                                   std::span<const uint64_t> images_allowed) {
  std::vector<uint64_t> rows((views.size() + 63) / 64);
  for (size_t row = 0; row < views.size(); ++row) {
    if (row_allowed(images_allowed, views[row].image)) rows[row / 64] |= uint64_t{1} << (row % 64);
  }
  return rows;
}

}  // namespace

CodeTable LoadedIndex::codes() const {
  return {{reinterpret_cast<const int8_t*>(codes_.data()), codes_.size()},
          info_.row_count,
          info_.dim,
          refinement_};
}

void LoadedIndex::decode(uint32_t row, std::span<float> embedding) const {
  const CodeTable table = codes();
  const auto refinement = refinement_.empty()
                              ? std::span<const uint8_t>{}
                              : std::span(table.row_refinement(row), refinement_bytes(table.dim));
  decode_row(parameters_, {table.row(row), table.dim}, embedding, refinement);
}

Result<void> LoadedIndex::take_parameters() {
  ByteReader reader(info_.code_parameters);
  ASSIGN_OR_RETURN(parameters_, read_code_parameters(reader, info_.dim));
  if (reader.remaining() > 0) return corrupt("index: bytes follow the code parameters");
  return {};
}

Result<void> LoadedIndex::take_codes(std::vector<uint8_t> payload) {
  if (payload.size() != uint64_t{info_.row_count} * info_.dim) {
    return corrupt("codes: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(uint64_t{info_.row_count} * info_.dim));
  }
  codes_ = std::move(payload);
  return {};
}

Result<void> LoadedIndex::take_refinement(std::vector<uint8_t> payload) {
  const uint64_t expected_bytes = uint64_t{info_.row_count} * refinement_bytes(info_.dim);
  if (payload.size() != expected_bytes) {
    return corrupt("refinement: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(expected_bytes));
  }
  refinement_ = std::move(payload);
  return {};
}

Result<void> LoadedIndex::take_views(std::span<const uint8_t> payload, uint32_t image_count,
                                     std::span<const uint64_t> live) {
  ASSIGN_OR_RETURN(views_, parse_views(payload, info_.row_count, image_count));
  if (!live.empty()) live_rows_ = allowed_rows(views_, live);
  std::vector<uint32_t> shown;
  for (const auto& row : views_) shown.push_back(row.image);
  std::sort(shown.begin(), shown.end());
  shown_images_ = static_cast<uint32_t>(std::unique(shown.begin(), shown.end()) - shown.begin());
  return {};
}

Result<void> LoadedIndex::take_graph(std::span<const uint8_t> payload) {
  ASSIGN_OR_RETURN(graph_, HnswGraph::parse(payload, info_.row_count));
  return {};
}

std::vector<ImageNeighbor> LoadedIndex::search(const QueryCode& query, uint32_t k,
                                               uint32_t ef_search, SearchPath path,
                                               std::span<const uint64_t> images_allowed,
                                               SearchScratch& scratch) const {
  const uint64_t row_count = info_.row_count;
  if (row_count == 0 || k == 0) return {};
  std::vector<uint64_t> chosen;
  if (!images_allowed.empty()) chosen = allowed_rows(views_, images_allowed);
  const RowFilter filter = chosen.empty() ? live_rows_ : chosen;
  const uint64_t allowed_count = filter.empty() ? row_count : count_bits(filter);
  if (allowed_count == 0) return {};
  uint64_t kept = std::max(ef_search, k);
  const bool filtered = allowed_count < row_count;
  const bool scan_is_cheaper =
      filtered && allowed_count * allowed_count <= kRowsPerCandidate * kept * row_count;
  const bool scan_is_quick = path == SearchPath::kAuto && codes_.size() <= kQuickScanBytes;
  if (path == SearchPath::kExact || !graph_ || scan_is_cheaper || scan_is_quick) {
    return scan(query, k, filter);
  }

  if (filtered) kept = kept * row_count / allowed_count;
  uint64_t row_goal = uint64_t{k} * ((row_count + shown_images_ - 1) / shown_images_);
  while (row_goal < allowed_count) {
    const auto rows =
        search_hnsw(*graph_, codes(), query, row_goal, std::max(kept, row_goal), scratch, filter);
    auto images = collapse(rows, k);
    if (images.size() == k) return images;
    if (rows.size() < row_goal) break;  // parts of the graph were not reached
    row_goal *= 2;
  }
  return scan(query, k, filter);
}

std::vector<ImageNeighbor> LoadedIndex::scan(const QueryCode& query, uint32_t k,
                                             RowFilter rows_allowed) const {
  // Rows of one image need not be neighbors in the table, so the best row of every image is kept.
  uint32_t image_end = 0;
  for (const auto& row : views_) image_end = std::max(image_end, row.image + 1);
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<Neighbor> best(image_end, Neighbor{0, kNone});
  for_each_distance(query, codes(), rows_allowed, [&](uint32_t row, int32_t distance) {
    Neighbor& known = best[views_[row].image];
    if (known.ordinal == kNone || distance < known.distance) known = {distance, row};
  });
  TopK nearest(k);
  for (uint32_t image = 0; image < image_end; ++image) {
    if (best[image].ordinal != kNone) nearest.offer(best[image].distance, image);
  }
  std::vector<ImageNeighbor> images;
  for (const auto& [distance, image] : nearest.take_sorted())
    images.push_back({best[image], image});
  return images;
}

std::vector<ImageNeighbor> LoadedIndex::collapse(std::span<const Neighbor> rows, uint32_t k) const {
  std::vector<ImageNeighbor> images;
  std::unordered_set<uint32_t> seen;
  for (const auto& row : rows) {
    const uint32_t image = views_[row.ordinal].image;
    if (images.size() < k && seen.insert(image).second) images.push_back({row, image});
  }
  // As in a scan, images at equal distances are ordered by their ordinal. By a heap: a quarter of
  // the code of std::sort.
  const auto is_before = [](const auto& a, const auto& b) {
    return a.neighbor.distance != b.neighbor.distance ? a.neighbor.distance < b.neighbor.distance
                                                      : a.image < b.image;
  };
  std::make_heap(images.begin(), images.end(), is_before);
  std::sort_heap(images.begin(), images.end(), is_before);
  return images;
}

}  // namespace sightline
