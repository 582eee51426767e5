#include "indexer/assemble/assemble_images.h"

#include <algorithm>

#include "indexer/assemble/add_first_answers.h"
#include "indexer/assemble/add_model.h"
#include "indexer/assemble/relevance_fit.h"
#include "indexer/assemble/thumbnail_writer.h"
#include "indexer/increments/build_memory.h"
#include "indexer/index/quality_report.h"
#include "indexer/phrases/phrases.h"
#include "native/bundle/image_ids.h"
#include "native/clip/familiarity.h"

namespace sightline {
namespace {

constexpr const char* kGenerator = "sightline " SIGHTLINE_VERSION;
// A piece of records aims at what one fetch should bring: about 6 KiB compressed.
constexpr size_t kPieceRawBytes = 14u << 10;
// Up to here every thumbnail is a file of its own; larger collections share files.
constexpr size_t kSingleThumbnails = 5000;
// First answers are made again when more than one image of so many is new or gone.
constexpr uint64_t kImagesPerStaleAnswer = 20;
// Every second phrase is held out of the calibration, for the quality report.
constexpr size_t kMaxPhrases = 400;

Result<void> add_thumbnails(BundleTables& tables, size_t fitted_images, const ThumbnailKey& key,
                            Catalog& catalog, BundleWriter& writer, Progress& progress) {
  ThumbnailWriter thumbnails((fitted_images + kSingleThumbnails - 1) / kSingleThumbnails, writer,
                             tables);
  progress.begin("thumbnails", tables.records.size());
  for (uint32_t i = 0; i < tables.records.size(); ++i, progress.add()) {
    if (tables.is_removed(i)) continue;
    ASSIGN_OR_RETURN(const auto webp, catalog.get_thumbnail(tables.contents[i], key));
    RETURN_IF_ERROR(thumbnails.add(i, webp));
  }
  return thumbnails.finish();
}

// known: pieces of a base, which begin where they began; its last one may grow.
Result<void> add_records(const std::vector<ImageRecord>& records,
                         const std::vector<RecordPiece>& known, BundleWriter& writer,
                         Progress& progress, Root& root) {
  size_t first = 0;
  size_t raw_bytes = 0;
  const size_t settled = known.empty() ? 0 : known.back().first_ordinal;
  auto next = known.begin();
  for (size_t i = 0; i < records.size(); ++i) {
    raw_bytes += write_records_piece({&records[i], 1}).size();
    while (next != known.end() && next->first_ordinal <= i) ++next;
    const bool is_last = i + 1 == records.size();
    const bool ends = i < settled ? next->first_ordinal == i + 1 : raw_bytes >= kPieceRawBytes;
    if (!ends && !is_last) continue;
    const auto piece = write_records_piece(std::span(records).subspan(first, i + 1 - first));
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kRecords, piece));
    root.records.push_back({static_cast<uint32_t>(first), ref});
    progress.add(i + 1 - first);
    first = i + 1;
    raw_bytes = 0;
  }
  return {};
}

// Whether the first answers of a base are kept: until a visitor would miss something. The search
// that follows them knows all images. root: its bank is published.
bool answers_hold(const ImageBase& base, const Root& root, const BundleWriter& writer) {
  const ImageMemory& memory = base.memory;
  const uint64_t changes = uint64_t{root.image_count} - memory.answered_images +
                           root.deltas.removed.size() - memory.answered_removed;
  if (memory.answered_images == 0 || kImagesPerStaleAnswer * changes > root.image_count) {
    return false;
  }
  // The pages of a bank tell its phrases and how their text was embedded.
  return base.root.phrase_bank.directories == root.phrase_bank.directories &&
         are_answers_whole(base.root.phrase_bank.answers, writer);
}

// Those that are not gone.
std::vector<const ImageRecord*> live_records(const BundleTables& tables) {
  std::vector<const ImageRecord*> live;
  for (uint32_t i = 0; i < tables.records.size(); ++i) {
    if (!tables.is_removed(i)) live.push_back(&tables.records[i]);
  }
  return live;
}

// The names of the classes that were detected somewhere.
std::vector<std::string> detected_classes(const BundleTables& tables,
                                          const std::vector<std::string>& class_names) {
  std::vector<bool> detected(class_names.size());
  for (const auto* record : live_records(tables)) {
    for (const auto& detection : record->detections) {
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
std::vector<std::string> fitting_phrases(const BundleTables& tables, const AssembleOptions& options,
                                         const Tokenizer& tokenizer) {
  auto phrases = example_phrases(options.bank.list, detected_classes(tables, options.class_names));
  std::erase_if(phrases, [&](const auto& text) { return text_familiarity(tokenizer, text) < 1; });
  return phrases;
}

Result<void> add_indexes(const BundleTables& tables, const ImageBase* base,
                         const AssembleOptions& options, const ClipModel& clip,
                         BundleWriter& writer, Progress& progress, Root& root,
                         std::vector<std::string>& example_texts) {
  auto phrases = query_phrases(options.bank.list, options.class_names);
  phrases.resize(std::min(phrases.size(), kMaxPhrases));
  progress.begin("phrases");
  ASSIGN_OR_RETURN(const auto embeddings, clip.embed_text(phrases));
  const size_t half = phrases.size() / 2 * clip.dim();
  const auto calibration = std::span(embeddings).first(half);
  const auto held_out = std::span(embeddings).subspan(half);

  for (const auto* rows : {&tables.whole, &tables.crops}) {
    const BaseIndex* known = base != nullptr ? base->index_of(rows->kind) : nullptr;
    if (rows->kind == RowKind::kCrops && rows->views.empty() && known == nullptr) continue;
    progress.begin(rows->kind == RowKind::kCrops ? "index crops" : "index images",
                   rows->views.size());
    ASSIGN_OR_RETURN(auto index, build_index(*rows, known, options.graph, writer,
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
  const auto candidates = example_phrases(options.bank.list, options.class_names);
  ASSIGN_OR_RETURN(const auto candidate_embeddings, clip.embed_text(candidates));
  auto examples = choose_examples(candidates, candidate_embeddings, row_tables);
  // What the bank would answer, so that a query has one embedding wherever it is found.
  for (auto& example : examples)
    example.embedding = decode_phrase(encode_phrase(example.embedding));
  const auto fitting = fitting_phrases(tables, options, clip.tokenizer());
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

Result<Root> assemble_images(BundleTables tables, const ImageBase* base,
                             const AssembleOptions& options, const ClipModel& clip,
                             Catalog& catalog, BundleWriter& writer, Progress& progress) {
  Root root;
  root.title = options.title;
  root.generator = kGenerator;
  root.image_count = static_cast<uint32_t>(tables.records.size());
  root.class_names = options.class_names;
  for (const auto& slug : tables.datasets) {
    const bool is_named = !slug.empty();
    root.datasets.push_back(is_named ? DatasetInfo{slug, options.licence, options.media_base_url}
                                     : DatasetInfo{});
  }
  RETURN_IF_ERROR(add_model(clip, options.models, options.model_warning, writer, root));
  std::vector<std::string> examples;
  RETURN_IF_ERROR(add_indexes(tables, base, options, clip, writer, progress, root, examples));
  std::vector<std::string> sequences;
  for (const auto* record : live_records(tables)) sequences.push_back(record->sequence);
  std::sort(sequences.begin(), sequences.end());
  sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
  // What depends on the number of images stays as it is while a base grows.
  const auto image_count = static_cast<uint32_t>(tables.records.size());
  ImageMemory memory = base != nullptr ? base->memory : ImageMemory{.fitted_images = image_count};
  const auto phrases = bank_phrases(options.bank, examples, sequences, options.class_names,
                                    memory.fitted_images, clip.tokenizer());
  const auto leaf_keys = base != nullptr ? base->phrase_keys : std::vector<uint64_t>{};
  ASSIGN_OR_RETURN(root.phrase_bank,
                   add_phrase_bank(phrases, leaf_keys, clip, catalog, writer, progress));
  RETURN_IF_ERROR(
      add_thumbnails(tables, memory.fitted_images, options.thumbnail, catalog, writer, progress));
  progress.begin("records", tables.records.size());
  const auto pieces = base != nullptr ? base->root.records : std::vector<RecordPiece>{};
  RETURN_IF_ERROR(add_records(tables.records, pieces, writer, progress, root));
  root.deltas.removed = tables.removed;
  ASSIGN_OR_RETURN(root.columns,
                   writer.add_payload(ObjectKind::kColumns, write_columns(tables.columns)));
  std::vector<std::string> image_ids;
  for (const auto& record : tables.records) image_ids.push_back(record.image_id);
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(image_ids)));
  if (base != nullptr && answers_hold(*base, root, writer)) {
    root.phrase_bank.answers = base->root.phrase_bank.answers;
  } else {
    ASSIGN_OR_RETURN(root.phrase_bank.answers,
                     add_first_answers(root, options.thread_count, writer, progress));
    memory.answered_images = image_count;
    memory.answered_removed = static_cast<uint32_t>(tables.removed.size());
  }
  root.build_memory = write_image_memory(memory);
  RETURN_IF_ERROR(writer.finish(root));
  progress.end();
  return root;
}

}  // namespace sightline
