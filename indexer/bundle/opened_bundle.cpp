#include "indexer/bundle/opened_bundle.h"

#include "native/bundle/object.h"
#include "native/search/running_search.h"

namespace sightline {
namespace {

// What a path needs to stand in a URL. '%' stays: a record's path holds escapes of its own.
std::string escape_url_path(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/%!$&'()*+,;=:@";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char character : path) {
    const auto byte = static_cast<uint8_t>(character);
    const bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                                 (byte >= 'a' && byte <= 'z');
    if (is_alphanumeric || kPlain.find(character) != std::string_view::npos) {
      escaped += character;
    } else {
      escaped += '%';
      escaped += kDigits[byte >> 4];
      escaped += kDigits[byte & 15];
    }
  }
  return escaped;
}

}  // namespace

Result<OpenedBundle> OpenedBundle::open(const std::string& place) {
  OpenedBundle bundle;
  ASSIGN_OR_RETURN(bundle.source_, open_object_source(place));
  ASSIGN_OR_RETURN(const auto text,
                   bundle.source_->get(std::string(kManifestName), kMaxManifestBytes));
  ASSIGN_OR_RETURN(bundle.manifest_,
                   parse_manifest({reinterpret_cast<const char*>(text.data()), text.size()}));
  ASSIGN_OR_RETURN(const auto stored, bundle.fetch_stored(bundle.manifest_.root));
  ++bundle.traffic_.round_trips;
  ASSIGN_OR_RETURN(bundle.searcher_, Searcher::open(bundle.manifest_.root, stored));
  return bundle;
}

Result<std::vector<uint8_t>> OpenedBundle::fetch_stored(const ObjectRef& ref) {
  auto stored = source_->get(object_name(ref), ref.stored_bytes);
  if (stored) {
    traffic_.bytes += stored->size();
    ++traffic_.objects;
    return stored;
  }
  switch (stored.error().code) {
    case ErrorCode::kNotFound:
      return corrupt(object_name(ref) + ": the bundle needs it and it is missing (" +
                     stored.error().message + ")");
    case ErrorCode::kTooLarge:
      return corrupt(object_name(ref) + ": it is longer than the " +
                     std::to_string(ref.stored_bytes) + " bytes its reference says");
    default:
      return stored;
  }
}

Result<std::vector<uint8_t>> OpenedBundle::fetch(const ObjectParts& parts) {
  std::vector<uint8_t> payload;
  for (const auto& part : parts) {
    ASSIGN_OR_RETURN(const auto stored, fetch_stored(part));
    ASSIGN_OR_RETURN(const auto raw, unpack_object(part, stored));
    payload.insert(payload.end(), raw.begin(), raw.end());
  }
  return payload;
}

Result<const PackedTextEncoder*> OpenedBundle::text_encoder(std::span<const uint32_t> ids) {
  if (!text_encoder_) {
    ASSIGN_OR_RETURN(text_encoder_,
                     PackedTextEncoder::open(*root().packed_encoder, root().model.embedding_dim));
  }
  for (int round = 0; round < 2; ++round) {  // the chunks are known after the directory
    ASSIGN_OR_RETURN(const auto missing, text_encoder_->missing_objects(ids));
    for (const auto& ref : missing) {
      ASSIGN_OR_RETURN(const auto stored, fetch_stored(ref));
      RETURN_IF_ERROR(text_encoder_->add_object(ref, stored));
    }
  }
  return &*text_encoder_;
}

Result<ObjectParts> OpenedBundle::token_chunks() {
  const PackedEncoderInfo& info = *root().packed_encoder;
  ASSIGN_OR_RETURN(const auto shape, parse_text_shape(info.shape));
  ASSIGN_OR_RETURN(const auto payload, fetch({info.directory}));
  return parse_token_directory(
      payload, (shape.token_count + info.tokens_per_chunk - 1) / info.tokens_per_chunk);
}

Result<void> OpenedBundle::add_objects(const std::vector<ObjectRef>& refs) {
  if (refs.empty()) return {};
  ++traffic_.round_trips;
  for (const auto& ref : refs) {
    ASSIGN_OR_RETURN(const auto stored, fetch_stored(ref));
    RETURN_IF_ERROR(searcher_.add_object(ref, stored));
    if (ref.kind != ObjectKind::kPiece) continue;
    // Fetched for its codes; its records need not be fetched again.
    ASSIGN_OR_RETURN(const auto payload, unpack_object(ref, stored));
    ASSIGN_OR_RETURN(pieces_[ref.sha256], parse_piece_records(payload));
  }
  return {};
}

Result<void> OpenedBundle::load_index() { return add_objects(searcher_.missing_objects()); }

Result<void> OpenedBundle::load(Need need) { return add_objects(searcher_.missing_objects(need)); }

Result<std::vector<Hit>> OpenedBundle::search(std::span<const float> embeddings,
                                              const SearchOptions& options) {
  ASSIGN_OR_RETURN(auto search, RunningSearch::begin(searcher_, embeddings, options));
  while (true) {
    ASSIGN_OR_RETURN(auto answer, search.step(options.stage));
    if (answer.missing.empty()) return std::move(answer.hits);
    RETURN_IF_ERROR(add_objects(answer.missing));
  }
}

Result<std::vector<float>> OpenedBundle::image_embedding(uint32_t image) {
  while (true) {
    ASSIGN_OR_RETURN(const auto missing, searcher_.missing_for_embedding(image));
    if (missing.empty()) return searcher_.image_embedding(image);
    RETURN_IF_ERROR(add_objects(missing));
  }
}

Result<ImageRecord> OpenedBundle::record(uint32_t image) {
  ASSIGN_OR_RETURN(const auto missing, searcher_.missing_for_record(image));
  RETURN_IF_ERROR(add_objects(missing));
  ASSIGN_OR_RETURN(const auto place, searcher_.find_record(image));
  auto found = pieces_.find(place.piece.sha256);
  if (found == pieces_.end()) {
    ASSIGN_OR_RETURN(const auto payload, fetch({place.piece}));
    ASSIGN_OR_RETURN(auto records, place.piece.kind == ObjectKind::kPiece
                                       ? parse_piece_records(payload)
                                       : parse_records_piece(payload));
    found = pieces_.emplace(place.piece.sha256, std::move(records)).first;
  }
  if (place.position >= found->second.size()) {
    return corrupt(object_name(place.piece) + ": " + std::to_string(found->second.size()) +
                   " records, none for image " + std::to_string(image));
  }
  return found->second[place.position];
}

Result<uint32_t> OpenedBundle::find_image(const std::string& image_id) {
  RETURN_IF_ERROR(load(Need::kImageIds));
  for (const uint32_t ordinal : searcher_.find_images(image_id)) {
    ASSIGN_OR_RETURN(const auto found, record(ordinal));
    if (found.image_id == image_id) return ordinal;
  }
  return not_found("no image '" + image_id +
                   "' in this bundle; a search prints the image_id of each hit");
}

Result<std::vector<ExampleQuery>> OpenedBundle::examples() {
  if (root().examples.empty()) return std::vector<ExampleQuery>{};
  ASSIGN_OR_RETURN(const auto payload, fetch(root().examples));
  return parse_examples(payload, root().model.embedding_dim);
}

std::string media_url(const Root& root, const ImageRecord& record) {
  if (!record.media_url.empty()) return record.media_url;
  if (record.dataset >= root.datasets.size()) return {};
  const std::string& base = root.datasets[record.dataset].media_base_url;
  return base.empty() ? base : base + escape_url_path(record.path);
}

}  // namespace sightline
