#include "native/search/searcher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "native/bundle/object.h"

namespace sightline {
namespace {

// Similarities of crops, moved to where similarities of whole images lie for the same phrases.
double calibrate(double similarity, const IndexInfo& from, const IndexInfo& to) {
  return to.similarity_mean +
         (similarity - from.similarity_mean) / from.similarity_stddev * to.similarity_stddev;
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
    LoadedIndex& index = searcher.indexes_.emplace_back(root.indexes[i]);
    RETURN_IF_ERROR(index.take_parameters());
    searcher.expect(Target::kCodes, i, root.indexes[i].codes);
    searcher.expect(Target::kViews, i, root.indexes[i].views);
    if (!root.indexes[i].graph.empty()) searcher.expect(Target::kGraph, i, root.indexes[i].graph);
    if (!root.indexes[i].refinement.empty()) {
      searcher.expect(Target::kRefinement, i, root.indexes[i].refinement);
    }
  }
  searcher.expect(Target::kColumns, 0, root.columns);
  searcher.expect(Target::kImageIds, 0, root.image_ids);
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

std::vector<ObjectRef> Searcher::missing_objects() const {
  std::vector<ObjectRef> missing;
  std::set<Sha256Digest> listed;
  for (const auto& pending : pending_) {
    for (size_t i = 0; i < pending.parts.size(); ++i) {
      const bool added = pending.raw[i].size() == pending.parts[i].raw_bytes;
      if (!added && listed.insert(pending.parts[i].sha256).second) {
        missing.push_back(pending.parts[i]);
      }
    }
  }
  std::stable_sort(missing.begin(), missing.end(), [](const ObjectRef& a, const ObjectRef& b) {
    return a.stored_bytes > b.stored_bytes;
  });
  return missing;
}

Result<void> Searcher::add_object(const ObjectRef& ref, std::span<const uint8_t> stored) {
  const auto waits_for = [&](const Pending& pending) {
    return std::find(pending.parts.begin(), pending.parts.end(), ref) != pending.parts.end();
  };
  if (std::none_of(pending_.begin(), pending_.end(), waits_for)) {
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
      return indexes_[pending.index].take_views(payload, root_.image_count);
    case Target::kGraph:
      return indexes_[pending.index].take_graph(payload);
    case Target::kColumns: {
      if (payload.empty()) return {};
      ASSIGN_OR_RETURN(columns_, parse_columns(payload, root_.image_count));
      return {};
    }
    case Target::kImageIds: {
      ASSIGN_OR_RETURN(image_ids_, ImageIdTable::parse(payload, root_.image_count));
      return {};
    }
  }
  return {};
}

Result<std::vector<Hit>> Searcher::search(std::span<const float> embedding,
                                          const SearchOptions& options) {
  if (!ready()) return invalid_argument("search: objects of the index are still missing");
  if (embedding.size() != root_.model.embedding_dim) {
    return invalid_argument("search: the query has " + std::to_string(embedding.size()) +
                            " dimensions, this bundle " +
                            std::to_string(root_.model.embedding_dim) +
                            "; embed it with the bundle's model '" + root_.model.id + "'");
  }
  if (options.k == 0) return invalid_argument("search: k is 0, expected at least 1");
  std::vector<uint64_t> images_allowed;
  if (!options.filters.empty()) {
    ASSIGN_OR_RETURN(images_allowed,
                     evaluate_filters(options.filters, columns_, root_.image_count));
  }
  // One image more than asked for makes up for an excluded one.
  const uint32_t k = std::min(options.k, root_.image_count) + (options.excluded_image ? 1 : 0);
  std::vector<Hit> hits;
  for (const auto& index : indexes_) {
    ASSIGN_OR_RETURN(const auto query, encode_query(index.parameters(), embedding));
    const auto images =
        index.search(query, k, options.ef_search, options.path, images_allowed, scratch_);
    for (const auto& [neighbor, image] : images) {
      if (image == options.excluded_image) continue;
      double similarity = query.similarity(-neighbor.distance);
      if (options.kind == QueryKind::kText) {
        similarity = calibrate(similarity, index.info(), indexes_.front().info());
      }
      hits.push_back({image, similarity, index.views()[neighbor.ordinal].view});
    }
  }
  const auto nearer = [](const Hit& a, const Hit& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.image < b.image;
  };
  std::stable_sort(hits.begin(), hits.end(), nearer);
  std::set<uint32_t> seen;
  std::vector<Hit> distinct;
  for (Hit& hit : hits) {
    if (distinct.size() == options.k) break;
    if (!seen.insert(hit.image).second) continue;
    hit.similarity = std::clamp(hit.similarity, 0.0, 1.0);
    distinct.push_back(hit);
  }
  return distinct;
}

Result<std::vector<float>> Searcher::image_embedding(uint32_t image) const {
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
  if (image >= root_.image_count) {
    return not_found("image " + std::to_string(image) + ": the bundle holds " +
                     std::to_string(root_.image_count));
  }
  const auto after = std::upper_bound(
      root_.records.begin(), root_.records.end(), image,
      [](uint32_t ordinal, const RecordPiece& piece) { return ordinal < piece.first_ordinal; });
  const RecordPiece& piece = *(after - 1);
  return RecordPlace{piece.ref, image - piece.first_ordinal};
}

}  // namespace sightline
