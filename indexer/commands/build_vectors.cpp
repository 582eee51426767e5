#include "indexer/commands/build_vectors.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>

#include "indexer/assemble/assemble_text.h"
#include "indexer/assemble/assemble_vectors.h"
#include "indexer/assemble/site_files.h"
#include "indexer/base/file_io.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/catalog/catalog.h"
#include "indexer/increments/build_memory.h"
#include "indexer/increments/delta_builder.h"
#include "indexer/increments/row_digests.h"
#include "indexer/index/build_checkpoint.h"
#include "indexer/index/index_plan.h"
#include "indexer/index/kept_plan.h"
#include "indexer/models/model_registry.h"
#include "indexer/phrases/phrase_file.h"
#include "indexer/sources/record_file.h"
#include "indexer/sources/vector_file.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

constexpr const char* kGenerator = "sightline " SIGHTLINE_VERSION;
// Of the quality report, those that write_all_rows gives; the text model's follow.
constexpr size_t kRowFigures = 3;

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
  ASSIGN_OR_RETURN(text.bank.list, open_phrase_list(phrase_list_of(options, found.is_embedded)));
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

// Cells and codes of all rows, or those of a build that was stopped.
Result<PagedPlan> plan_rows(const BuildOptions& options, const RowSource& rows,
                            const std::optional<TextModel>& model, unsigned thread_count,
                            BuildCheckpoint& checkpoint, Progress& progress) {
  if (const auto kept = checkpoint.load(BuildStep::kPlan)) {
    if (auto plan = read_plan(*kept, rows.row_count)) {
      progress.note("resuming: cells and codes of the build that was stopped");
      return plan;
    }
  }
  PagedOptions paged = options.paged;
  paged.thread_count = thread_count;
  ASSIGN_OR_RETURN(const auto queries, fitting_queries(options, rows.dim, model));
  ASSIGN_OR_RETURN(auto plan, plan_paged_index(rows, queries, paged, &checkpoint, progress));
  checkpoint.keep_whole(BuildStep::kPlan, [&] { return write_plan(plan); });
  return plan;
}

// Above this, building the graph takes longer than all the rest.
constexpr uint32_t kMostGraphRows = 100'000;

std::optional<GraphOptions> wanted_graph(const BuildOptions& options, uint32_t row_count) {
  const bool is_wanted = options.graph_choice == GraphChoice::kAuto
                             ? row_count <= kMostGraphRows
                             : options.graph_choice == GraphChoice::kOn;
  return is_wanted ? std::optional(options.graph) : std::nullopt;
}

// All that decides codes, cells, graph and what a text finds, but the rows.
Result<Sha256Digest> options_digest(const BuildOptions& options, uint32_t dim,
                                    const std::optional<TextModel>& model,
                                    std::span<const Column> columns) {
  ByteWriter others;
  if (is_vector_file(options.queries)) {
    ASSIGN_OR_RETURN(const auto vectors, read_query_vectors(options.queries, dim));
    others.write_array<float>(vectors);
  }
  if (model) {
    const VectorTextOptions& text = model->options;
    others.write_string(model->clip.text_sha256());
    others.write_string(model->clip.vision_sha256());
    others.write(static_cast<uint8_t>(text.models));
    others.write_bytes(text.bank.list.digest);
    others.write(text.bank.builtin_count.value_or(UINT32_MAX));
    for (const auto& phrase : text.queries) others.write_string(phrase);
    others.write(uint16_t{0});
    for (const auto& phrase : text.bank.phrases) others.write_string(phrase);
  }
  // As asked for: a base keeps its graph, or has none, while its rows grow.
  others.write(static_cast<uint8_t>(options.graph_choice));
  if (options.graph_choice != GraphChoice::kOff) {
    others.write(options.graph.m);
    others.write(options.graph.ef_construction);
  }
  return digest_of_options(options.paged, others.bytes(), dim, columns);
}

void describe(const BuildOptions& options, const VectorFile& vectors, Root& root) {
  root.title = options.title.empty() ? fs::path(vectors.path()).stem().string() : options.title;
  root.generator = kGenerator;
  const std::string dataset = options.dataset.empty() ? root.title : options.dataset;
  root.datasets = {{dataset, options.licence, options.media_base_url}};
}

// Holds the phrases' embeddings for the next build; nothing where no model embeds any.
Result<std::optional<Catalog>> open_catalog(const BuildOptions& options, const VectorFile& vectors,
                                            const std::optional<TextModel>& model) {
  if (!model) return std::optional<Catalog>{};
  ASSIGN_OR_RETURN(auto catalog,
                   Catalog::open(options.catalog.empty() ? default_catalog_path(vectors.path())
                                                         : options.catalog));
  return std::optional(std::move(catalog));
}

Result<void> add_text(const RowSource& rows, const TextModel& model, Catalog& catalog,
                      BundleWriter& writer, Progress& progress, Root& root) {
  // Of a base, those of the rows stay.
  root.quality.resize(std::min<size_t>(root.quality.size(), kRowFigures));
  return assemble_vector_text(rows, model.options, model.clip, catalog, writer, progress, root);
}

// About what the bundle takes on the disk, rather more.
uint64_t bundle_bytes(const BuildOptions& options, uint64_t row_count) {
  constexpr uint64_t kRowRest = 60;  // references, identifiers, digests
  constexpr uint64_t kRowGraph = 50;
  std::error_code failed;
  const auto records = fs::file_size(options.records, failed);
  return row_count * (options.paged.fitting.row_bytes + kRowRest + kRowGraph) +
         (failed ? 0 : records);
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
  ASSIGN_OR_RETURN(auto catalog, open_catalog(options, vectors, model));
  VectorInput input;
  if (options.records.empty()) {
    input.table = numbered_records(vectors.row_count());
  } else {
    ASSIGN_OR_RETURN(input.table, read_record_file(options.records, vectors.row_count()));
  }
  for (const auto& record : input.table.records) input.ids.push_back(record.image_id);
  input.rows = {vectors.row_count(), vectors.dim(),
                [&](uint32_t first, uint32_t count, std::span<float> target) {
                  return vectors.read_rows(first, count, target);
                }};
  ASSIGN_OR_RETURN(input.options_digest,
                   options_digest(options, vectors.dim(), model, input.table.columns));
  input.graph = wanted_graph(options, vectors.row_count());
  progress.begin("compare");
  ASSIGN_OR_RETURN(input.digests, digest_rows(input.rows, input.table, thread_count));

  auto continued =
      options.full ? Result<Continuation>(not_found("")) : continue_base(input, bundle_path);
  if (!continued && continued.error().code != ErrorCode::kNotFound) {
    progress.note("building in full, not upon " + bundle_path + ": " + continued.error().message);
  }
  BuildCheckpoint checkpoint(options.out, digest_of_input(input), progress,
                             BuildCheckpoint::Duration(options.least_kept_s),
                             bundle_bytes(options, vectors.row_count()));
  std::optional<PagedPlan> plan;
  if (!continued) {
    ASSIGN_OR_RETURN(plan,
                     plan_rows(options, input.rows, model, thread_count, checkpoint, progress));
  }
  // From here on files are written: everything that can be wrong with the input has been seen.
  ASSIGN_OR_RETURN(auto writer, BundleWriter::open(bundle_path));
  remove_abandoned_files(options.out, Depth::kTree);
  Root root;
  if (continued) {
    ASSIGN_OR_RETURN(root,
                     write_deltas(continued->base, continued->changes, input.rows, input.table,
                                  input.digests, thread_count, writer, progress));
  } else {
    ASSIGN_OR_RETURN(root, write_all_rows(input, *plan, checkpoint, writer, progress));
    root.model.id = "vectors";
    root.model.embedding_dim = vectors.dim();
  }
  describe(options, vectors, root);
  if (model && (!continued || continued->changes.any)) {
    RETURN_IF_ERROR(add_text(input.rows, *model, *catalog, writer, progress, root));
  }
  RETURN_IF_ERROR(writer.finish(root));
  checkpoint.discard();
  progress.end();
  uint64_t new_file_count = writer.new_file_count();
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(const auto page_file_count, copy_page_files(page_path, options.out));
    new_file_count += page_file_count;
  }
  progress.note(options.out + ": " + std::to_string(vectors.row_count()) + " rows of " +
                std::to_string(vectors.dim()) + " dimensions, " +
                (continued ? std::to_string(root.deltas.row_count()) + " added to the base's and " +
                                 std::to_string(root.deltas.removed.size()) + " removed, "
                           : "") +
                std::to_string(new_file_count) + " files written, " +
                std::to_string(writer.new_bytes()) + " bytes of the bundle");
  return 0;
}

}  // namespace sightline
