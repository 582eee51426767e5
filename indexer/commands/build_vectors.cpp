#include "indexer/commands/build_vectors.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "indexer/base/file_io.h"
#include "indexer/publish/bundle_writer.h"
#include "indexer/publish/graph_builder.h"
#include "indexer/publish/paged_index_builder.h"
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

Result<std::vector<float>> read_queries(const std::string& path, uint32_t dim) {
  if (path.empty()) return std::vector<float>{};
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

// Above this, building the graph takes longer than all the rest.
constexpr uint32_t kMostGraphRows = 100'000;

Result<ObjectParts> write_graph_of(const VectorFile& vectors, const GraphOptions& options,
                                   std::span<const uint32_t> source_rows, BundleWriter& writer,
                                   Progress& progress) {
  progress.begin("graph", vectors.row_count());
  const auto read = [&](uint32_t row, std::span<float> values) {
    return vectors.read_rows(row, 1, values);
  };
  const auto count = [&](uint32_t, uint32_t) { progress.add(1); };
  ASSIGN_OR_RETURN(const auto graph,
                   build_graph(vectors.row_count(), vectors.dim(), read, options, count));
  ASSIGN_OR_RETURN(const auto ordered, renumbered(graph, source_rows));
  return writer.add_payload(ObjectKind::kGraph, write_graph(ordered));
}

Result<void> publish(const BuildOptions& options, const VectorFile& vectors, RecordTable table,
                     PagedPlan plan, BundleWriter& writer, Progress& progress) {
  Root root;
  root.title = options.title.empty() ? fs::path(vectors.path()).stem().string() : options.title;
  root.generator = kGenerator;
  root.image_count = vectors.row_count();
  const std::string dataset = options.dataset.empty() ? root.title : options.dataset;
  root.datasets.push_back({dataset, options.licence, options.media_base_url});
  root.model.id = options.model.empty() ? "vectors" : options.model;
  root.model.embedding_dim = vectors.dim();
  root.quality = {{"recall_at_10", plan.quality.recall_at_10},
                  {"first_recall_at_10", plan.quality.first_recall},
                  {"recall_queries", static_cast<double>(plan.quality.queries)}};
  std::vector<std::string> ids;
  for (const uint32_t source : plan.source_rows) ids.push_back(table.records[source].image_id);
  std::vector<Column> columns;
  for (const auto& column : table.columns) columns.push_back(reordered(column, plan.source_rows));

  const bool wants_graph = options.graph_choice == GraphChoice::kAuto
                               ? vectors.row_count() <= kMostGraphRows
                               : options.graph_choice == GraphChoice::kOn;
  if (wants_graph) {
    ASSIGN_OR_RETURN(root.graph,
                     write_graph_of(vectors, options.graph, plan.source_rows, writer, progress));
  }
  const auto record_of = [&](uint32_t row) -> Result<ImageRecord> { return table.records[row]; };
  ASSIGN_OR_RETURN(auto parts, write_paged_index(std::move(plan), record_of, FacetWriter(columns),
                                                 writer, progress));
  root.indexes.push_back(std::move(parts.index));
  if (wants_graph) {
    root.indexes.back().m = options.graph.m;
    root.indexes.back().ef_construction = options.graph.ef_construction;
  }
  root.facets = std::move(parts.facets);
  if (!columns.empty()) {
    ASSIGN_OR_RETURN(root.columns,
                     writer.add_payload(ObjectKind::kColumns, write_columns(columns)));
  }
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
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
  ASSIGN_OR_RETURN(const auto queries, read_queries(options.queries, vectors.dim()));
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
  RETURN_IF_ERROR(publish(options, vectors, std::move(table), std::move(plan), writer, progress));
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
