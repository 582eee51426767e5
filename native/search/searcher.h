#pragma once

#include <array>
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
#include "native/search/paged_query.h"

namespace sightline {

// Text queries lie apart from the images in CLIP's space, and apart from crops by another distance:
// their similarities are put on one scale first. Image queries are compared as they are.
enum class QueryKind : uint8_t { kText, kImage };

struct SearchOptions {
  QueryKind kind = QueryKind::kText;
  uint32_t k = 20;  // images, after views have been collapsed
  uint32_t ef_search = 50;
  SearchPath path = SearchPath::kAuto;
  PagedEffort effort;                      // of a paged index
  Stage stage = Stage::kSettled;           // of a search in one step
  std::vector<FilterClause> filters;       // all must hold
  std::optional<uint32_t> excluded_image;  // left out of the hits, e.g. the query image itself
};

// An image found, with the view of it that matched best.
struct Hit {
  uint32_t image = 0;       // image ordinal
  double similarity = 0.0;  // [0, 1], larger is nearer
  View view;                // box in pixels of the original; all zeros while it is not known

  bool operator==(const Hit&) const = default;
};

// What is known by what is in memory, and what would have to be added for the full answer.
struct SearchAnswer {
  std::vector<Hit> hits;
  std::vector<ObjectRef> missing;  // empty: this is the answer
};

// What a question needs beside the root.
enum class Need : uint8_t { kSearch, kColumns, kImageIds };

// The k images of each phrase of a conjunction that are looked at.
uint32_t conjunction_depth(uint32_t k);

// One opened bundle. Bytes in, hits out: the caller fetches the objects.
//
//   open(root) → fetch missing_objects() → add_object() each → RunningSearch::begin(searcher, …)
class Searcher {
 public:
  // Checks and reads the root object, as stored.
  static Result<Searcher> open(const ObjectRef& root_ref, std::span<const uint8_t> stored);

  const Root& root() const { return root_; }
  bool is_paged() const { return paged_.has_value(); }
  // Whether a later build left the image there.
  bool is_live(uint32_t image) const { return row_allowed(live_, image); }

  // What must still be added before that can be asked, each object once, largest first. Columns and
  // image ids of a resident bundle are needed by the first search already.
  std::vector<ObjectRef> missing_objects(Need need = Need::kSearch) const;

  // Checks the stored bytes against the reference, decompresses and, with the last part of a
  // payload, parses it. An object that nothing waits for is refused.
  Result<void> add_object(const ObjectRef& ref, std::span<const uint8_t> stored);

  bool ready() const { return missing_objects().empty(); }

  // One step of a RunningSearch: the answer of who has everything in memory.
  Result<SearchAnswer> search(std::span<const float> embeddings, const SearchOptions& options);

  // A bit per image that is not gone and for which all clauses hold. Requires the columns.
  Result<std::vector<uint64_t>> matching_images(std::span<const FilterClause> filters) const;
  // A bit per image that is not gone; empty where none is.
  RowFilter live_images() const { return live_; }

  // Of resident indexes. images_allowed: a bit per image, or empty.
  Result<std::vector<Hit>> search_resident(std::span<const float> embeddings, uint32_t k,
                                           const SearchOptions& options,
                                           std::span<const uint64_t> images_allowed);

  // About how many images the filters let through, from what the root alone tells; nothing where it
  // tells not of all fields.
  Result<std::optional<double>> count_by_facets(std::span<const FilterClause> filters);

  // What must be added before image_embedding() or find_record(); ask again after adding, until
  // there is nothing.
  Result<std::vector<ObjectRef>> missing_for_embedding(uint32_t image);
  Result<std::vector<ObjectRef>> missing_for_record(uint32_t image);
  // Of a paged index, the cells that no search has asked for yet.
  std::vector<ObjectRef> missing_cells();

  // The embedding of an image as the index holds it, through its whole view: [embedding_dim].
  Result<std::vector<float>> image_embedding(uint32_t image) const;

  std::span<const Column> columns() const { return columns_; }
  const ImageIdTable& image_ids() const { return image_ids_; }
  // As image_ids() finds them, without those that are gone.
  std::vector<uint32_t> find_images(std::string_view image_id) const;
  std::span<const LoadedIndex> indexes() const { return indexes_; }
  // Memory held by the cells and pieces of a paged index.
  uint64_t resident_bytes() const { return paged_ ? paged_->cache().resident_bytes() : 0; }
  // Null where the bundle's indexes are resident.
  PagedIndex* paged() { return paged_ ? &*paged_ : nullptr; }

  // The object that holds an image's record (kind records, or a piece of a paged index), and the
  // record's place in it.
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
    // Position in indexes_ for codes, views and graphs; of columns and ids 0, and from 1 on those
    // of the deltas' generations.
    size_t index = 0;
    ObjectParts parts;
    std::vector<std::vector<uint8_t>> raw;  // [parts], empty until added
  };

  Result<std::vector<Hit>> search_phrase(std::span<const float> embedding, uint32_t k,
                                         const SearchOptions& options,
                                         std::span<const uint64_t> images_allowed);
  Result<std::vector<Hit>> search_all_phrases(std::span<const float> embeddings, uint32_t k,
                                              const SearchOptions& options,
                                              std::span<const uint64_t> images_allowed);
  bool is_deferred(Target target) const;
  void expect(Target target, size_t index, const ObjectParts& parts);
  Result<void> take_payload(const Pending& pending, std::vector<uint8_t> payload);
  void note_removed();
  Result<void> take_tables(Target target);

  Root root_;
  std::vector<LoadedIndex> indexes_;
  std::optional<PagedIndex> paged_;
  std::vector<Column> columns_;
  ImageIdTable image_ids_;
  std::vector<uint64_t> live_;  // a bit per image; empty where none was removed
  std::array<std::vector<std::vector<uint8_t>>, 2>
      tables_;  // payloads of columns and ids until all are there
  std::vector<Pending> pending_;
  SearchScratch scratch_;
};

}  // namespace sightline
