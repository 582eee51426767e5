#include "indexer/publish/publish_bundle.h"

#include <algorithm>

#include "indexer/publish/phrases.h"
#include "indexer/publish/publish_model.h"
#include "indexer/publish/quality_report.h"
#include "indexer/publish/relevance_fit.h"
#include "native/bundle/image_ids.h"
#include "native/clip/familiarity.h"

namespace sightline {
namespace {

constexpr const char* kGenerator = "sightline " SIGHTLINE_VERSION;
// A piece of records aims at what one fetch should bring: about 6 KiB compressed.
constexpr size_t kPieceRawBytes = 14u << 10;
// Up to here every thumbnail is a file of its own; larger collections share files.
constexpr size_t kSingleThumbnails = 5000;
// Every second phrase is held out of the calibration, for the quality report.
constexpr size_t kMaxPhrases = 400;

// Width and height of a JPEG from its frame header; zeros where there is none.
std::pair<uint16_t, uint16_t> jpeg_size(std::span<const uint8_t> jpeg) {
  for (size_t i = 2; i + 9 < jpeg.size() && jpeg[i] == 0xff;) {
    const uint8_t marker = jpeg[i + 1];
    if (marker >= 0xc0 && marker <= 0xc2) {
      return {static_cast<uint16_t>(jpeg[i + 7] << 8 | jpeg[i + 8]),
              static_cast<uint16_t>(jpeg[i + 5] << 8 | jpeg[i + 6])};
    }
    i += 2 + (size_t{jpeg[i + 2]} << 8 | jpeg[i + 3]);
  }
  return {};
}

// Places the thumbnails of consecutive images in shared objects of per_pack each.
Result<void> add_thumbnails(BundleTables& tables, uint32_t thumbnail_px, Catalog& catalog,
                            BundleWriter& writer, Progress& progress) {
  const size_t per_pack = (tables.records.size() + kSingleThumbnails - 1) / kSingleThumbnails;
  const auto kind = per_pack > 1 ? ObjectKind::kThumbnailPack : ObjectKind::kThumbnail;
  progress.begin("thumbnails", tables.records.size());
  for (size_t start = 0; start < tables.records.size(); start += per_pack) {
    std::vector<uint8_t> pack;
    const size_t end = std::min(start + per_pack, tables.records.size());
    for (size_t i = start; i < end; ++i) {
      ASSIGN_OR_RETURN(const auto jpeg, catalog.get_thumbnail(tables.contents[i], thumbnail_px));
      if (!jpeg) continue;
      ThumbnailRecord& thumbnail = tables.records[i].thumbnail.emplace();
      thumbnail.offset = static_cast<uint32_t>(pack.size());
      thumbnail.byte_count = static_cast<uint32_t>(jpeg->size());
      std::tie(thumbnail.width_px, thumbnail.height_px) = jpeg_size(*jpeg);
      pack.insert(pack.end(), jpeg->begin(), jpeg->end());
    }
    ASSIGN_OR_RETURN(const auto ref, writer.add(kind, pack));
    for (size_t i = start; i < end; ++i) {
      if (tables.records[i].thumbnail) tables.records[i].thumbnail->ref = ref;
    }
    progress.add(end - start);
  }
  return {};
}

Result<void> add_records(const std::vector<ImageRecord>& records, BundleWriter& writer,
                         Progress& progress, Root& root) {
  size_t first = 0;
  size_t raw_bytes = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    raw_bytes += write_records_piece({&records[i], 1}).size();
    if (raw_bytes < kPieceRawBytes && i + 1 < records.size()) continue;
    const auto piece = write_records_piece(std::span(records).subspan(first, i + 1 - first));
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kRecords, piece));
    root.records.push_back({static_cast<uint32_t>(first), ref});
    progress.add(i + 1 - first);
    first = i + 1;
    raw_bytes = 0;
  }
  return {};
}

// The names of the classes that were detected somewhere.
std::vector<std::string> detected_classes(const BundleTables& tables,
                                          const std::vector<std::string>& class_names) {
  std::vector<bool> detected(class_names.size());
  for (const auto& record : tables.records) {
    for (const auto& detection : record.detections) {
      if (detection.class_id < detected.size()) detected[detection.class_id] = true;
    }
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < class_names.size(); ++i) {
    if (detected[i]) names.push_back(class_names[i]);
  }
  return names;
}

// Phrases that the pictures most likely answer, of words that the model knows.
std::vector<std::string> fitting_phrases(const BundleTables& tables,
                                         const std::vector<std::string>& class_names,
                                         const Tokenizer& tokenizer) {
  auto phrases = example_phrases(detected_classes(tables, class_names));
  std::erase_if(phrases, [&](const auto& text) { return text_familiarity(tokenizer, text) < 1; });
  return phrases;
}

Result<void> add_indexes(const BundleTables& tables, const PublishOptions& options,
                         const ClipModel& clip, BundleWriter& writer, Progress& progress,
                         Root& root, std::vector<std::string>& example_texts) {
  auto phrases = query_phrases(options.class_names);
  phrases.resize(std::min(phrases.size(), kMaxPhrases));
  progress.begin("phrases");
  ASSIGN_OR_RETURN(const auto embeddings, clip.embed_text(phrases));
  const size_t half = phrases.size() / 2 * clip.dim();
  const auto calibration = std::span(embeddings).first(half);
  const auto held_out = std::span(embeddings).subspan(half);

  for (const auto* rows : {&tables.whole, &tables.crops}) {
    if (rows->kind == RowKind::kCrops && rows->views.empty()) continue;
    progress.begin(rows->kind == RowKind::kCrops ? "index crops" : "index images",
                   rows->views.size());
    ASSIGN_OR_RETURN(auto index, build_index(*rows, options.graph, writer,
                                             [&](uint32_t, uint32_t) { progress.add(); }));
    const auto spread = measure_spread(*rows, calibration);
    index.info.similarity_mean = spread.mean;
    index.info.similarity_stddev = spread.stddev;
    if (rows->kind == RowKind::kImages) {
      ASSIGN_OR_RETURN(root.quality, measure_quality(*rows, index, held_out));
    }
    root.indexes.push_back(std::move(index.info));
  }
  progress.begin("examples");
  const RowTable* const row_tables[] = {&tables.whole, &tables.crops};
  const auto candidates = example_phrases(options.class_names);
  ASSIGN_OR_RETURN(const auto candidate_embeddings, clip.embed_text(candidates));
  auto examples = choose_examples(candidates, candidate_embeddings, row_tables);
  // What the bank would answer, so that a query has one embedding wherever it is found.
  for (auto& example : examples)
    example.embedding = decode_phrase(encode_phrase(example.embedding));
  const auto fitting = fitting_phrases(tables, options.class_names, clip.tokenizer());
  ASSIGN_OR_RETURN(root.relevance, calibrate_relevance(
                                       fitting, root.indexes.front().similarity_mean,
                                       [&](std::span<const float> queries) {
                                         return best_in_tables(
                                             queries,
                                             std::span(row_tables).first(root.indexes.size()),
                                             root.indexes);
                                       },
                                       clip));
  ASSIGN_OR_RETURN(root.examples,
                   writer.add_payload(ObjectKind::kExamples, write_examples(examples, clip.dim())));
  for (const auto& example : examples) example_texts.push_back(example.text);
  return {};
}

}  // namespace

Result<Root> publish_bundle(BundleTables tables, const PublishOptions& options,
                            const ClipModel& clip, Catalog& catalog, BundleWriter& writer,
                            Progress& progress) {
  Root root;
  root.title = options.title;
  root.generator = kGenerator;
  root.image_count = static_cast<uint32_t>(tables.records.size());
  root.class_names = options.class_names;
  for (const auto& slug : tables.datasets) {
    root.datasets.push_back({slug, options.licence, options.media_base_url});
  }
  RETURN_IF_ERROR(publish_model(clip, options.models, options.model_warning, writer, root));
  std::vector<std::string> examples;
  RETURN_IF_ERROR(add_indexes(tables, options, clip, writer, progress, root, examples));
  std::vector<std::string> sequences;
  for (const auto& record : tables.records) sequences.push_back(record.sequence);
  std::sort(sequences.begin(), sequences.end());
  sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
  const auto phrases = bank_phrases(options.bank, examples, sequences, options.class_names,
                                    tables.records.size(), clip.tokenizer());
  ASSIGN_OR_RETURN(root.phrase_bank, publish_phrase_bank(phrases, clip, catalog, writer, progress));
  RETURN_IF_ERROR(add_thumbnails(tables, options.thumbnail_px, catalog, writer, progress));
  progress.begin("records", tables.records.size());
  RETURN_IF_ERROR(add_records(tables.records, writer, progress, root));
  ASSIGN_OR_RETURN(root.columns,
                   writer.add_payload(ObjectKind::kColumns, write_columns(tables.columns)));
  std::vector<std::string> image_ids;
  for (const auto& record : tables.records) image_ids.push_back(record.image_id);
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(image_ids)));
  RETURN_IF_ERROR(writer.publish(root));
  progress.end();
  return root;
}

}  // namespace sightline
