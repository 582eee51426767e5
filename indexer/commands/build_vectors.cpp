#include "indexer/commands/build_vectors.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>

#include "indexer/base/file_io.h"
#include "indexer/catalog/catalog.h"
#include "indexer/models/model_registry.h"
#include "indexer/publish/bundle_writer.h"
#include "indexer/publish/paged_index_builder.h"
#include "indexer/publish/phrase_file.h"
#include "indexer/publish/publish_vector_text.h"
#include "indexer/publish/site_files.h"
#include "indexer/vectors/record_file.h"
#include "indexer/vectors/vector_file.h"
#include "native/bundle/image_ids.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

constexpr const char* kGenerator = "sightline " SIGHTLINE_VERSION;

// The rows of a column in the order of the index.
Column reordered(const Column& column, std::span<const uint32_t> source_rows) {
  Column result = column;
  for (size_t row = 0; row < source_rows.size(); ++row) {
    if (!column.codes.empty()) result.codes[row] = column.codes[source_rows[row]];
    if (!column.numbers.empty()) result.numbers[row] = column.numbers[source_rows[row]];
  }
  return result;
}

Result<std::vector<float>> read_query_vectors(const std::string& path, uint32_t dim) {
  ASSIGN_OR_RETURN(const auto file, VectorFile::open(path));
  if (file.dim() != dim) {
    return invalid_argument(path + ": queries of " + std::to_string(file.dim()) +
                            " dimensions for vectors of " + std::to_string(dim) +
                            "; embed both with one model");
  }
  std::vector<float> queries(size_t{file.row_count()} * dim);
  RETURN_IF_ERROR(file.read_rows(0, file.row_count(), queries));
  return queries;
}

// The model that made the vectors, where one is named: visitors can then ask by text.
struct TextModel {
  ClipModel clip;
  VectorTextOptions options;
};

Result<std::optional<TextModel>> load_text_model(const BuildOptions& options, uint32_t dim,
                                                 unsigned thread_count, Progress& progress) {
  const bool asks_in_words = !options.queries.empty() && !is_vector_file(options.queries);
  if (options.model.empty()) {
    if (!asks_in_words && options.phrases.empty()) return std::optional<TextModel>{};
    return invalid_argument(
        "build: --phrases and --queries FILE.txt need the model that made the vectors; name it "
        "with --model");
  }
  ASSIGN_OR_RETURN(const auto found, find_model(options.model, ModelKind::kClip));
  ASSIGN_OR_RETURN(
      auto clip,
      ClipModel::load(found.folder, {.onnx = {options.device, static_cast<int>(thread_count)},
                                     .with_vision = false}));
  if (clip.dim() != dim) {
    return invalid_argument("build: model '" + clip.id() + "' makes vectors of " +
                            std::to_string(clip.dim()) + " dimensions, the file holds " +
                            std::to_string(dim) + "; name the model that made them");
  }
  pack_text_tower(clip, options.models, progress);
  VectorTextOptions text;
  text.models = options.models;
  if (found.is_embedded) text.model_warning = kEmbeddedModelNotice;
  if (asks_in_words) {
    ASSIGN_OR_RETURN(text.queries, read_phrase_file("--queries", options.queries));
  }
  text.bank.builtin_count = options.bank_phrase_count;
  ASSIGN_OR_RETURN(text.bank.phrases, read_phrase_file("--phrases", options.phrases));
  text.thread_count = thread_count;
  return std::optional(TextModel{std::move(clip), std::move(text)});
}

Result<std::vector<float>> fitting_queries(const BuildOptions& options, uint32_t dim,
                                           const std::optional<TextModel>& model) {
  if (is_vector_file(options.queries)) return read_query_vectors(options.queries, dim);
  if (model) return typical_queries(model->options, model->clip);
  return std::vector<float>{};
}

Result<void> publish(const BuildOptions& options, const VectorFile& vectors, const RowSource& rows,
                     RecordTable table, PagedPlan plan, const std::optional<TextModel>& model,
                     BundleWriter& writer, Progress& progress) {
  Root root;
  root.title = options.title.empty() ? fs::path(vectors.path()).stem().string() : options.title;
  root.generator = kGenerator;
  root.image_count = vectors.row_count();
  const std::string dataset = options.dataset.empty() ? root.title : options.dataset;
  root.datasets.push_back({dataset, options.licence, options.media_base_url});
  root.model.id = "vectors";
  root.model.embedding_dim = vectors.dim();
  root.quality = {{"recall_at_10", plan.quality.recall_at_10},
                  {"first_recall_at_10", plan.quality.first_recall},
                  {"recall_queries", static_cast<double>(plan.quality.queries)}};
  std::vector<std::string> ids;
  for (const uint32_t source : plan.source_rows) ids.push_back(table.records[source].image_id);
  std::vector<Column> columns;
  for (const auto& column : table.columns) columns.push_back(reordered(column, plan.source_rows));

  const auto record_of = [&](uint32_t row) -> Result<ImageRecord> { return table.records[row]; };
  ASSIGN_OR_RETURN(auto index, write_paged_index(std::move(plan), record_of, writer, progress));
  root.indexes.push_back(std::move(index));
  if (!columns.empty()) {
    ASSIGN_OR_RETURN(root.columns,
                     writer.add_payload(ObjectKind::kColumns, write_columns(columns)));
  }
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
  if (model) {
    ASSIGN_OR_RETURN(auto catalog,
                     Catalog::open(options.catalog.empty() ? default_catalog_path(vectors.path())
                                                           : options.catalog));
    RETURN_IF_ERROR(
        publish_vector_text(rows, model->options, model->clip, catalog, writer, progress, root));
  }
  RETURN_IF_ERROR(writer.publish(root));
  progress.end();
  return {};
}

}  // namespace

bool is_vector_file(const std::string& path) { return fs::path(path).extension() == ".npy"; }

Result<int> build_vectors(const BuildOptions& options) {
  if (options.sources.size() != 1) {
    return invalid_argument("build: one .npy file at a time, found " +
                            std::to_string(options.sources.size()) + " sources");
  }
  Progress progress(options.progress);
  const unsigned thread_count =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const std::string bundle_path = options.bundle_only ? options.out : options.out + "/bundle";
  std::string page_path;
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(page_path, find_page_files());
  }
  ASSIGN_OR_RETURN(const auto vectors, VectorFile::open(options.sources.front()));
  ASSIGN_OR_RETURN(const auto model,
                   load_text_model(options, vectors.dim(), thread_count, progress));
  ASSIGN_OR_RETURN(const auto queries, fitting_queries(options, vectors.dim(), model));
  RecordTable table;
  if (options.records.empty()) {
    table = numbered_records(vectors.row_count());
  } else {
    ASSIGN_OR_RETURN(table, read_record_file(options.records, vectors.row_count()));
  }
  PagedOptions paged = options.paged;
  paged.thread_count = thread_count;
  const RowSource rows{vectors.row_count(), vectors.dim(),
                       [&](uint32_t first, uint32_t count, std::span<float> target) {
                         return vectors.read_rows(first, count, target);
                       }};
  ASSIGN_OR_RETURN(auto plan, plan_paged_index(rows, queries, paged, progress));
  // From here on files are written: everything that can be wrong with the input has been seen.
  ASSIGN_OR_RETURN(auto writer, BundleWriter::open(bundle_path));
  RETURN_IF_ERROR(
      publish(options, vectors, rows, std::move(table), std::move(plan), model, writer, progress));
  uint64_t new_file_count = writer.new_file_count();
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(const auto page_file_count, copy_page_files(page_path, options.out));
    new_file_count += page_file_count;
  }
  progress.note(options.out + ": " + std::to_string(vectors.row_count()) + " rows of " +
                std::to_string(vectors.dim()) + " dimensions, " + std::to_string(new_file_count) +
                " files written");
  return 0;
}

}  // namespace sightline
