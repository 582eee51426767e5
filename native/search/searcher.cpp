#include "native/search/searcher.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "native/bundle/column_join.h"
#include "native/bundle/object.h"
#include "native/search/running_search.h"

namespace sightline {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
// Similarities of crops, moved to where similarities of whole images lie for the same phrases.
double calibrate(double similarity, const IndexInfo& from, const IndexInfo& to) {
  return to.similarity_mean +
         (similarity - from.similarity_mean) / from.similarity_stddev * to.similarity_stddev;
}

bool is_nearer(const Hit& a, const Hit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.image < b.image;
}

bool is_larger(const ObjectRef& a, const ObjectRef& b) {
  return a.stored_bytes != b.stored_bytes ? a.stored_bytes > b.stored_bytes : a.sha256 < b.sha256;
}

Result<void> check_image(uint32_t image, uint32_t image_count) {
  if (image < image_count) return {};
  return not_found("image " + std::to_string(image) + ": the bundle holds " +
                   std::to_string(image_count));
}

bool is_complete(const std::vector<std::vector<uint8_t>>& raw, const ObjectParts& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (raw[i].size() != parts[i].raw_bytes) return false;
  }
  return true;
}

std::vector<uint8_t> join(std::vector<std::vector<uint8_t>> raw) {
  if (raw.size() == 1) return std::move(raw.front());
  std::vector<uint8_t> payload;
  for (auto& part : raw) {
    payload.insert(payload.end(), part.begin(), part.end());
    part = {};
  }
  return payload;
}

}  // namespace

Result<Searcher> Searcher::open(const ObjectRef& root_ref, std::span<const uint8_t> stored) {
  ASSIGN_OR_RETURN(const auto raw, unpack_object(root_ref, stored));
  Searcher searcher;
  ASSIGN_OR_RETURN(searcher.root_, parse_root(raw));
  const Root& root = searcher.root_;
  for (size_t i = 0; i < root.indexes.size(); ++i) {
    if (root.indexes[i].layout == IndexLayout::kPaged) {
      ASSIGN_OR_RETURN(searcher.paged_, PagedIndex::open(root.indexes[i], root));
      continue;
    }
    LoadedIndex& index = searcher.indexes_.emplace_back(root.indexes[i]);
    RETURN_IF_ERROR(index.take_parameters());
    searcher.expect(Target::kCodes, i, root.indexes[i].codes);
    searcher.expect(Target::kViews, i, root.indexes[i].views);
    if (!root.indexes[i].graph.empty()) searcher.expect(Target::kGraph, i, root.indexes[i].graph);
    if (!root.indexes[i].refinement.empty()) {
      searcher.expect(Target::kRefinement, i, root.indexes[i].refinement);
    }
  }
  searcher.note_removed();
  searcher.expect(Target::kColumns, 0, root.columns);
  searcher.expect(Target::kImageIds, 0, root.image_ids);
  for (size_t g = 0; g < root.deltas.generations.size(); ++g) {
    searcher.expect(Target::kColumns, g + 1, root.deltas.generations[g].columns);
    searcher.expect(Target::kImageIds, g + 1, root.deltas.generations[g].image_ids);
  }
  for (auto& tables : searcher.tables_) tables.resize(root.deltas.generations.size() + 1);
  for (auto pending = searcher.pending_.begin(); pending != searcher.pending_.end();) {
    if (is_complete(pending->raw, pending->parts)) {
      RETURN_IF_ERROR(searcher.take_payload(*pending, {}));
      pending = searcher.pending_.erase(pending);
    } else {
      ++pending;
    }
  }
  return searcher;
}

void Searcher::expect(Target target, size_t index, const ObjectParts& parts) {
  pending_.push_back({target, index, parts, std::vector<std::vector<uint8_t>>(parts.size())});
}

bool Searcher::is_deferred(Target target) const {
  return is_paged() && (target == Target::kColumns || target == Target::kImageIds);
}

std::vector<ObjectRef> Searcher::missing_objects(Need need) const {
  std::vector<ObjectRef> missing;
  std::set<Sha256Digest> listed;
  for (const auto& pending : pending_) {
    const bool is_needed = need == Need::kColumns    ? pending.target == Target::kColumns
                           : need == Need::kImageIds ? pending.target == Target::kImageIds
                                                     : !is_deferred(pending.target);
    if (!is_needed) continue;
    for (size_t i = 0; i < pending.parts.size(); ++i) {
      const ObjectRef& part = pending.parts[i];
      const bool added = pending.raw[i].size() == part.raw_bytes;
      if (added || !listed.insert(part.sha256).second) continue;
      missing.insert(std::upper_bound(missing.begin(), missing.end(), part, is_larger), part);
    }
  }
  return missing;
}

Result<void> Searcher::add_object(const ObjectRef& ref, std::span<const uint8_t> stored) {
  const auto waits_for = [&](const Pending& pending) {
    return std::find(pending.parts.begin(), pending.parts.end(), ref) != pending.parts.end();
  };
  const bool is_pending = std::any_of(pending_.begin(), pending_.end(), waits_for);
  if (paged_ && !is_pending && paged_->waits_for(ref)) {
    ASSIGN_OR_RETURN(const auto payload, unpack_object(ref, stored));
    return paged_->take(ref, payload);
  }
  if (!is_pending) {
    return invalid_argument(object_name(ref) + ": nothing waits for this object");
  }
  ASSIGN_OR_RETURN(const auto raw, unpack_object(ref, stored));
  for (size_t i = 0; i < pending_.size();) {
    Pending& pending = pending_[i];
    for (size_t part = 0; part < pending.parts.size(); ++part) {
      if (pending.parts[part] == ref) pending.raw[part] = raw;
    }
    if (!is_complete(pending.raw, pending.parts)) {
      ++i;
      continue;
    }
    auto payload = join(std::exchange(pending.raw, decltype(pending.raw)(pending.parts.size())));
    RETURN_IF_ERROR(take_payload(pending, std::move(payload)));
    pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(i));
  }
  return {};
}

Result<void> Searcher::take_payload(const Pending& pending, std::vector<uint8_t> payload) {
  switch (pending.target) {
    case Target::kCodes:
      return indexes_[pending.index].take_codes(std::move(payload));
    case Target::kRefinement:
      return indexes_[pending.index].take_refinement(std::move(payload));
    case Target::kViews:
      return indexes_[pending.index].take_views(payload, root_.image_count, live_);
    case Target::kGraph:
      return indexes_[pending.index].take_graph(payload);
    case Target::kColumns:
    case Target::kImageIds:
      tables_[pending.target == Target::kImageIds][pending.index] = std::move(payload);
      return take_tables(pending.target);
  }
  return {};
}

void Searcher::note_removed() {
  if (root_.deltas.removed.empty()) return;
  live_.assign((size_t{root_.image_count} + 63) / 64, ~uint64_t{0});
  for (const uint32_t image : root_.deltas.removed) {
    live_[image / 64] &= ~(uint64_t{1} << (image % 64));
  }
}

Result<void> Searcher::take_tables(Target target) {
  const auto waiting = std::count_if(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return pending.target == target;
  });
  if (waiting > 1) return {};
  std::vector<Column> columns;
  ImageIdTable ids;
  auto& tables = tables_[target == Target::kImageIds];
  for (size_t i = 0; i < tables.size(); ++i) {
    const uint32_t image_count =
        i == 0 ? root_.base_image_count() : root_.deltas.generations[i - 1].row_count;
    if (target == Target::kImageIds) {
      RETURN_IF_ERROR(ids.append(tables[i], image_count));
      continue;
    }
    std::vector<Column> more;
    if (!tables[i].empty()) {
      ASSIGN_OR_RETURN(more, parse_columns(tables[i], image_count));
    }
    if (i == 0) {
      columns = std::move(more);
    } else {
      RETURN_IF_ERROR(append_columns(more, columns));
    }
  }
  tables = {};
  if (target == Target::kImageIds) {
    image_ids_ = std::move(ids);
    return {};
  }
  // What is gone counts in no range of numbers.
  for (auto& column : columns) {
    if (column.numbers.empty()) continue;
    for (const uint32_t image : root_.deltas.removed) column.numbers[image] = kAbsent;
  }
  columns_ = std::move(columns);
  return {};
}

std::vector<uint32_t> Searcher::find_images(std::string_view image_id) const {
  auto images = image_ids_.find(image_id);
  std::erase_if(images, [&](uint32_t image) { return !is_live(image); });
  return images;
}

Result<SearchAnswer> Searcher::search(std::span<const float> embeddings,
                                      const SearchOptions& options) {
  ASSIGN_OR_RETURN(auto search, RunningSearch::begin(*this, embeddings, options));
  return search.step(options.stage);
}

Result<std::vector<uint64_t>> Searcher::matching_images(
    std::span<const FilterClause> filters) const {
  ASSIGN_OR_RETURN(auto images, evaluate_filters(filters, columns_, root_.image_count));
  for (size_t i = 0; i < live_.size(); ++i) images[i] &= live_[i];
  return images;
}

Result<std::vector<Hit>> Searcher::search_resident(std::span<const float> embeddings, uint32_t k,
                                                   const SearchOptions& options,
                                                   std::span<const uint64_t> images_allowed) {
  if (embeddings.size() == root_.model.embedding_dim) {
    return search_phrase(embeddings, k, options, images_allowed);
  }
  return search_all_phrases(embeddings, k, options, images_allowed);
}

Result<std::vector<Hit>> Searcher::search_phrase(std::span<const float> embedding, uint32_t k,
                                                 const SearchOptions& options,
                                                 std::span<const uint64_t> images_allowed) {
  std::vector<Hit> hits;
  for (const auto& index : indexes_) {
    ASSIGN_OR_RETURN(const auto query, encode_query(index.parameters(), embedding));
    const auto images =
        index.search(query, k, options.ef_search, options.path, images_allowed, scratch_);
    for (const auto& [neighbor, image] : images) {
      double similarity = query.similarity(-neighbor.distance);
      if (options.kind == QueryKind::kText) {
        similarity = calibrate(similarity, index.info(), indexes_.front().info());
      }
      hits.push_back({image, similarity, index.views()[neighbor.ordinal].view});
    }
  }
  std::stable_sort(hits.begin(), hits.end(), is_nearer);
  std::set<uint32_t> seen;
  std::erase_if(hits, [&](const Hit& hit) { return !seen.insert(hit.image).second; });
  if (hits.size() > k) hits.resize(k);
  return hits;
}

Result<std::vector<Hit>> Searcher::search_all_phrases(std::span<const float> embeddings, uint32_t k,
                                                      const SearchOptions& options,
                                                      std::span<const uint64_t> images_allowed) {
  const size_t dim = root_.model.embedding_dim;
  const auto for_each_phrase = [&](uint32_t depth, const SearchOptions& how,
                                   std::span<const uint64_t> allowed, auto&& take) -> Result<void> {
    for (size_t start = 0; start < embeddings.size(); start += dim) {
      ASSIGN_OR_RETURN(const auto hits,
                       search_phrase(embeddings.subspan(start, dim), depth, how, allowed));
      for (const Hit& hit : hits) take(hit);
    }
    return {};
  };
  std::vector<uint64_t> candidates((root_.image_count + 63) / 64);
  std::map<uint32_t, Hit> by_image;
  const uint32_t depth = conjunction_depth(k);
  RETURN_IF_ERROR(for_each_phrase(depth, options, images_allowed, [&](const Hit& hit) {
    candidates[hit.image / 64] |= uint64_t{1} << (hit.image % 64);
    by_image.try_emplace(hit.image, Hit{hit.image, 0.0, hit.view});
  }));
  SearchOptions exact = options;
  exact.path = SearchPath::kExact;
  const auto candidate_count = static_cast<uint32_t>(by_image.size());
  const double share = static_cast<double>(dim) / static_cast<double>(embeddings.size());
  RETURN_IF_ERROR(for_each_phrase(candidate_count, exact, candidates, [&](const Hit& hit) {
    by_image.at(hit.image).similarity += hit.similarity * share;
  }));
  std::vector<Hit> hits;
  for (const auto& [image, hit] : by_image) hits.push_back(hit);
  std::stable_sort(hits.begin(), hits.end(), is_nearer);
  if (hits.size() > k) hits.resize(k);
  return hits;
}

Result<std::optional<double>> Searcher::count_by_facets(std::span<const FilterClause> filters) {
  if (!paged_ || !paged_->facets().knows(filters)) return std::optional<double>{};
  ASSIGN_OR_RETURN(const auto filter, FacetFilter::make(paged_->facets(), filters));
  return std::optional(paged_->live_share() * filter.expected_count());
}

Result<std::vector<ObjectRef>> Searcher::missing_for_embedding(uint32_t image) {
  if (!paged_) return missing_objects();
  RETURN_IF_ERROR(check_image(image, root_.image_count));
  return paged_->missing_for_embedding(image);
}

Result<std::vector<ObjectRef>> Searcher::missing_for_record(uint32_t image) {
  if (!paged_) return std::vector<ObjectRef>{};
  RETURN_IF_ERROR(check_image(image, root_.image_count));
  return paged_->missing_for_piece(image);
}

std::vector<ObjectRef> Searcher::missing_cells() {
  return paged_ ? paged_->missing_cells() : std::vector<ObjectRef>{};
}

Result<std::vector<float>> Searcher::image_embedding(uint32_t image) const {
  if (paged_) {
    RETURN_IF_ERROR(check_image(image, root_.image_count));
    return paged_->embedding(image);
  }
  for (const auto& index : indexes_) {
    const auto& views = index.views();
    const auto row = std::find_if(views.begin(), views.end(), [&](const ViewRow& view) {
      return view.image == image && view.view.kind == ViewKind::kWhole;
    });
    if (row == views.end()) continue;
    std::vector<float> embedding(index.info().dim);
    const auto ordinal = static_cast<uint32_t>(row - views.begin());
    index.decode(ordinal, embedding);
    return embedding;
  }
  return not_found("image " + std::to_string(image) + ": no row of the index shows it whole");
}

Result<Searcher::RecordPlace> Searcher::find_record(uint32_t image) const {
  RETURN_IF_ERROR(check_image(image, root_.image_count));
  if (paged_) {
    const auto place = paged_->piece_of(image);
    if (!place) return invalid_argument("record: its cell is not there; add it first");
    return RecordPlace{place->ref, image - place->first_row};
  }
  const auto after = std::upper_bound(
      root_.records.begin(), root_.records.end(), image,
      [](uint32_t ordinal, const RecordPiece& piece) { return ordinal < piece.first_ordinal; });
  const RecordPiece& piece = *(after - 1);
  return RecordPlace{piece.ref, image - piece.first_ordinal};
}

}  // namespace sightline
