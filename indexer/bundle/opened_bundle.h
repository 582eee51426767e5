#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/bundle/manifest.h"
#include "indexer/bundle/object_source.h"
#include "native/bundle/examples.h"
#include "native/bundle/records.h"
#include "native/search/packed_text_encoder.h"
#include "native/search/searcher.h"

namespace sightline {

// A bundle as a native program uses it: a source of objects and the searcher over them, pinned to
// the manifest it was opened with.
class OpenedBundle {
 public:
  // place: a site, a bundle or the address of either. Fetches the manifest and the root.
  static Result<OpenedBundle> open(const std::string& place);

  const Manifest& manifest() const { return manifest_; }
  const Root& root() const { return searcher_.root(); }
  Searcher& searcher() { return searcher_; }

  // Fetches what the searcher still misses.
  Result<void> load_index();

  // And what else is asked of it beside searches.
  Result<void> load(Need need);

  // A search up to options.stage, with what it misses fetched; requires load_index(). Rounds of
  // fetches of which each needs the one before count as round trips.
  Result<std::vector<Hit>> search(std::span<const float> embeddings, const SearchOptions& options);
  Result<std::vector<float>> image_embedding(uint32_t image);

  // What has been fetched so far, the manifest not counted.
  struct Traffic {
    uint64_t bytes = 0;
    uint64_t objects = 0;
    uint64_t round_trips = 0;
  };
  const Traffic& traffic() const { return traffic_; }

  // The record of an image; the pieces that were fetched are kept.
  Result<ImageRecord> record(uint32_t image);

  // The ordinal of an image_id, checked against its record. Requires load_index().
  Result<uint32_t> find_image(const std::string& image_id);

  // The examples of the bundle; none where it has none.
  Result<std::vector<ExampleQuery>> examples();

  // The packed text encoder with what these token ids need; requires root().packed_encoder. What
  // was fetched is kept.
  Result<const PackedTextEncoder*> text_encoder(std::span<const uint32_t> ids);
  // The chunks of its token table.
  Result<ObjectParts> token_chunks();

  // A payload or a model file, fetched part by part, verified and joined.
  Result<std::vector<uint8_t>> fetch(const ObjectParts& parts);
  // The stored bytes of one object, not yet verified.
  Result<std::vector<uint8_t>> fetch_stored(const ObjectRef& ref);

 private:
  OpenedBundle() = default;
  Result<void> add_objects(const std::vector<ObjectRef>& refs);

  std::unique_ptr<ObjectSource> source_;
  Manifest manifest_;
  Searcher searcher_;
  Traffic traffic_;
  std::optional<PackedTextEncoder> text_encoder_;
  std::map<Sha256Digest, std::vector<ImageRecord>> pieces_;
};

// Where the original of an image is: its own address, or its dataset's base and path; empty where
// the dataset publishes no originals.
std::string media_url(const Root& root, const ImageRecord& record);

}  // namespace sightline
