#include "indexer/commands/build_vectors.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "indexer/base/file_io.h"
#include "indexer/publish/base_bundle.h"
#include "indexer/publish/build_memory.h"
#include "indexer/publish/bundle_writer.h"
#include "indexer/publish/delta_builder.h"
#include "indexer/publish/paged_index_builder.h"
#include "indexer/publish/row_digests.h"
#include "indexer/publish/site_files.h"
#include "indexer/vectors/record_file.h"
#include "indexer/vectors/vector_file.h"
#include "native/bundle/image_ids.h"

namespace sightline {
namespace fs = std::filesystem;
namespace {

constexpr const char* kGenerator = "sightline " SIGHTLINE_VERSION;

// More changes than this, per row of the base's cells, and all is built again: cells and codes no
// longer fit, and every delta costs queries bytes.
constexpr double kMostChanged = 0.2;

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

// What a build is made from.
struct VectorInput {
  const VectorFile& vectors;
  std::vector<float> queries;
  RecordTable table;
  RowSource rows;
  std::vector<std::string> ids;   // [rows]
  std::vector<uint64_t> digests;  // [rows]
  Sha256Digest options_digest = {};
};

void describe(const BuildOptions& options, const VectorFile& vectors, Root& root) {
  root.title = options.title.empty() ? fs::path(vectors.path()).stem().string() : options.title;
  root.generator = kGenerator;
  const std::string dataset = options.dataset.empty() ? root.title : options.dataset;
  root.datasets = {{dataset, options.licence, options.media_base_url}};
  root.model.id = options.model.empty() ? "vectors" : options.model;
  root.model.embedding_dim = vectors.dim();
}

Result<ObjectParts> add_digests(const VectorInput& input, std::span<const uint32_t> source_rows,
                                BundleWriter& writer) {
  ByteWriter digests;
  for (const uint32_t row : source_rows) digests.write(input.digests[row]);
  return writer.add_payload(ObjectKind::kBase, digests.bytes());
}

Result<Root> write_all(const VectorInput& input, const PagedPlan& plan, BundleWriter& writer,
                       Progress& progress) {
  Root root;
  root.image_count = input.rows.row_count;
  root.quality = {{"recall_at_10", plan.quality.recall_at_10},
                  {"first_recall_at_10", plan.quality.first_recall},
                  {"recall_queries", static_cast<double>(plan.quality.queries)}};
  const RecordTable& table = input.table;
  const auto record_of = [&](uint32_t row) -> Result<ImageRecord> { return table.records[row]; };
  ASSIGN_OR_RETURN(auto index, write_paged_index(plan, record_of, writer, progress));
  root.indexes.push_back(std::move(index));
  if (!table.columns.empty()) {
    const auto columns = columns_of_rows(table.columns, plan.source_rows);
    ASSIGN_OR_RETURN(root.columns,
                     writer.add_payload(ObjectKind::kColumns, write_columns(columns)));
  }
  std::vector<std::string> ids;
  for (const uint32_t source : plan.source_rows) ids.push_back(input.ids[source]);
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
  BuildMemory memory;
  memory.options = input.options_digest;
  memory.piece_rows = plan.piece_rows;
  ASSIGN_OR_RETURN(memory.encoder, writer.add_payload(ObjectKind::kBase, write_row_encoder(plan)));
  ASSIGN_OR_RETURN(auto digests, add_digests(input, plan.source_rows, writer));
  memory.digests.push_back(std::move(digests));
  root.build_memory = write_build_memory(memory);
  return root;
}

// A base and what to change in it; nothing where all must be built, and then why is noted.
struct Continuation {
  BaseBundle base;
  BaseChanges changes;
};

Result<Continuation> continue_base(const VectorInput& input, const std::string& bundle_path) {
  ASSIGN_OR_RETURN(auto base, BaseBundle::open(bundle_path));
  if (base.memory.options != input.options_digest) {
    return unsupported("it was built with other options, queries or facets");
  }
  ASSIGN_OR_RETURN(auto changes, compare_with_base(base, input.ids, input.digests));
  if (const double share = changes.share(base); share > kMostChanged) {
    char line[80];
    std::snprintf(line, sizeof line, "%.0f %% of its rows are new or gone, at most %.0f %% may be",
                  100 * share, 100 * kMostChanged);
    return unsupported(line);
  }
  return Continuation{std::move(base), std::move(changes)};
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
  VectorInput input{vectors, queries, {}, {}, {}, {}};
  if (options.records.empty()) {
    input.table = numbered_records(vectors.row_count());
  } else {
    ASSIGN_OR_RETURN(input.table, read_record_file(options.records, vectors.row_count()));
  }
  for (const auto& record : input.table.records) input.ids.push_back(record.image_id);
  PagedOptions paged = options.paged;
  paged.thread_count = thread_count;
  input.rows = {vectors.row_count(), vectors.dim(),
                [&](uint32_t first, uint32_t count, std::span<float> target) {
                  return vectors.read_rows(first, count, target);
                }};
  input.options_digest =
      digest_of_options(paged, queries, vectors.dim(), options.model, input.table.columns);
  progress.begin("compare");
  ASSIGN_OR_RETURN(input.digests, digest_rows(input.rows, input.table, thread_count));

  auto continued =
      options.full ? Result<Continuation>(not_found("")) : continue_base(input, bundle_path);
  if (!continued && continued.error().code != ErrorCode::kNotFound) {
    progress.note("building in full, not upon " + bundle_path + ": " + continued.error().message);
  }
  std::optional<PagedPlan> plan;
  if (!continued) {
    ASSIGN_OR_RETURN(plan, plan_paged_index(input.rows, queries, paged, progress));
  }
  // From here on files are written: everything that can be wrong with the input has been seen.
  ASSIGN_OR_RETURN(auto writer, BundleWriter::open(bundle_path));
  ASSIGN_OR_RETURN(auto root, continued ? write_deltas(continued->base, continued->changes,
                                                       input.rows, input.table, input.digests,
                                                       thread_count, writer, progress)
                                        : write_all(input, *plan, writer, progress));
  describe(options, vectors, root);
  RETURN_IF_ERROR(writer.publish(root));
  progress.end();
  uint64_t new_file_count = writer.new_file_count();
  if (!options.bundle_only) {
    ASSIGN_OR_RETURN(const auto page_file_count, copy_page_files(page_path, options.out));
    new_file_count += page_file_count;
  }
  progress.note(options.out + ": " + std::to_string(vectors.row_count()) + " rows of " +
                std::to_string(vectors.dim()) + " dimensions, " +
                (continued ? std::to_string(continued->changes.added.size()) + " of them and " +
                                 std::to_string(root.deltas.removed.size()) +
                                 " removals beside the base's cells, "
                           : "") +
                std::to_string(new_file_count) + " files written, " +
                std::to_string(writer.new_bytes()) + " bytes");
  return 0;
}

}  // namespace sightline
