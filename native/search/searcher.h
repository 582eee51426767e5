#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/columns.h"
#include "native/bundle/image_ids.h"
#include "native/bundle/records.h"
#include "native/bundle/root.h"
#include "native/search/filter.h"
#include "native/search/loaded_index.h"

namespace sightline {

// Text queries lie apart from the images in CLIP's space, and apart from crops by another distance:
// their similarities are put on one scale first. Image queries are compared as they are.
enum class QueryKind : uint8_t { kText, kImage };

struct SearchOptions {
  QueryKind kind = QueryKind::kText;
  uint32_t k = 20;  // images, after views have been collapsed
  uint32_t ef_search = 50;
  SearchPath path = SearchPath::kHnsw;
  std::vector<FilterClause> filters;       // all must hold
  std::optional<uint32_t> excluded_image;  // left out of the hits, e.g. the query image itself
};

// An image found, with the view of it that matched best.
struct Hit {
  uint32_t image = 0;       // image ordinal
  double similarity = 0.0;  // [0, 1], larger is nearer
  View view;                // box in pixels of the original

  bool operator==(const Hit&) const = default;
};

// Searches one opened bundle. Bytes in, hits out: the caller fetches the objects.
//
//   open(root) → fetch missing_objects() → add_object() each → search()
//
// One search at a time.
class Searcher {
 public:
  // Checks and reads the root object, as stored.
  static Result<Searcher> open(const ObjectRef& root_ref, std::span<const uint8_t> stored);

  const Root& root() const { return root_; }

  // What must still be added before the first search, each object once, largest needs first.
  std::vector<ObjectRef> missing_objects() const;

  // Checks the stored bytes against the reference, decompresses and, with the last part of a
  // payload, parses it. An object that nothing waits for is refused.
  Result<void> add_object(const ObjectRef& ref, std::span<const uint8_t> stored);

  bool ready() const { return pending_.empty(); }

  // embeddings: [phrases, embedding_dim] float32, as split_conjunction() separates a text. The best
  // k images, most similar first, ties by ordinal; of several phrases the mean similarity counts,
  // and the view is the one that matched the first of them best. Requires ready().
  Result<std::vector<Hit>> search(std::span<const float> embeddings, const SearchOptions& options);

  // The embedding of an image as the index holds it, through its whole view: [embedding_dim].
  Result<std::vector<float>> image_embedding(uint32_t image) const;

  std::span<const Column> columns() const { return columns_; }
  const ImageIdTable& image_ids() const { return image_ids_; }
  std::span<const LoadedIndex> indexes() const { return indexes_; }

  // The piece that holds an image's record, and the record's place in it.
  struct RecordPlace {
    ObjectRef piece;
    uint32_t position = 0;
  };
  Result<RecordPlace> find_record(uint32_t image) const;

 private:
  enum class Target : uint8_t { kCodes, kRefinement, kViews, kGraph, kColumns, kImageIds };

  // A payload of which parts are still missing.
  struct Pending {
    Target target;
    size_t index = 0;  // position in indexes_ for codes, views and graphs
    ObjectParts parts;
    std::vector<std::vector<uint8_t>> raw;  // [parts], empty until added
  };

  Result<std::vector<Hit>> search_phrase(std::span<const float> embedding, uint32_t k,
                                         const SearchOptions& options,
                                         std::span<const uint64_t> images_allowed);
  Result<std::vector<Hit>> search_all_phrases(std::span<const float> embeddings, uint32_t k,
                                              const SearchOptions& options,
                                              std::span<const uint64_t> images_allowed);
  void expect(Target target, size_t index, const ObjectParts& parts);
  Result<void> take_payload(const Pending& pending, std::vector<uint8_t> payload);

  Root root_;
  std::vector<LoadedIndex> indexes_;
  std::vector<Column> columns_;
  ImageIdTable image_ids_;
  std::vector<Pending> pending_;
  SearchScratch scratch_;
};

}  // namespace sightline
