#include "indexer/assemble/assemble_vectors.h"

#include <algorithm>
#include <cstdio>

#include "indexer/increments/build_memory.h"
#include "indexer/increments/delta_builder.h"
#include "indexer/index/write_cells.h"
#include "native/bundle/image_ids.h"

namespace sightline {
namespace {

// More changes than this, per row of the base's cells, and all is built again: cells and codes no
// longer fit, and every delta costs queries bytes.
constexpr double kMostChanged = 0.2;
// The same where there would be more files, for each million rows begun.
constexpr double kMostFiles = 20'000;
// The same where the root, which every visit fetches, would hold more bytes of values that only
// deltas have.
constexpr size_t kMostAddedNameBytes = 8'000;

// The graph of the rows in the source's order, kept every now and then.
Result<HnswGraph> build_kept_graph(const RowSource& rows, const GraphOptions& options,
                                   BuildCheckpoint& checkpoint, Progress& progress) {
  GraphResumption resumption;
  if (const auto kept = checkpoint.load(BuildStep::kGraph)) {
    if (auto begun = HnswGraph::parse(*kept, rows.row_count)) {
      resumption.begun = std::move(*begun);
      progress.note("resuming: the graph of " + std::to_string(resumption.begun.rows()) +
                    " rows of the build that was stopped");
    }
  }
  progress.begin("graph", rows.row_count - resumption.begun.rows());
  const auto read = [&](uint32_t row, std::span<float> values) {
    return rows.read(row, 1, values);
  };
  resumption.after_row = [&](uint32_t done, const GraphSoFar& so_far) {
    progress.add(1);
    const auto write = [&]() -> Result<std::vector<uint8_t>> {
      ASSIGN_OR_RETURN(const auto graph, so_far());
      return write_graph(graph);
    };
    if (done == rows.row_count) {
      checkpoint.keep_whole(BuildStep::kGraph, write);
    } else {
      checkpoint.keep_part(BuildStep::kGraph, write);
    }
  };
  return build_graph(rows.row_count, rows.dim, read, options, {}, resumption);
}

Result<ObjectParts> write_graph_of(const RowSource& rows, const GraphOptions& options,
                                   std::span<const uint32_t> source_rows,
                                   BuildCheckpoint& checkpoint, BundleWriter& writer,
                                   Progress& progress) {
  ASSIGN_OR_RETURN(const auto graph, build_kept_graph(rows, options, checkpoint, progress));
  ASSIGN_OR_RETURN(const auto ordered, renumbered(graph, source_rows));
  return writer.add_payload(ObjectKind::kGraph, write_graph(ordered));
}

}  // namespace

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
  // A delta has two pieces or more.
  const double files = static_cast<double>(base.file_count) +
                       1.5 * static_cast<double>(changes.added.size()) / base.memory.piece_rows;
  if (const double most = kMostFiles * std::max(1.0, input.rows.row_count / 1e6); files > most) {
    char line[80];
    std::snprintf(line, sizeof line, "there would be about %.0f files, at most %.0f may be", files,
                  most);
    return unsupported(line);
  }
  const size_t bytes = added_name_bytes(base, changes, input.table.columns);
  if (bytes > kMostAddedNameBytes) {
    return unsupported("there would be too many new values: " + std::to_string(bytes) +
                       " bytes, at most " + std::to_string(kMostAddedNameBytes) + " may be");
  }
  return Continuation{std::move(base), std::move(changes)};
}

Sha256Digest digest_of_input(const VectorInput& input) {
  ByteWriter writer;
  writer.write(input.rows.row_count);
  writer.write(input.rows.dim);
  writer.write_bytes(input.options_digest);
  if (input.graph) {
    writer.write(input.graph->m);
    writer.write(input.graph->ef_construction);
    writer.write(input.graph->seed);
  }
  writer.write_array(std::span(input.digests));
  return sha256(writer.bytes());
}

Result<Root> write_all_rows(const VectorInput& input, const PagedPlan& plan,
                            BuildCheckpoint& checkpoint, BundleWriter& writer, Progress& progress) {
  Root root;
  root.image_count = input.rows.row_count;
  root.quality = {{"recall_at_10", plan.quality.recall_at_10},
                  {"first_recall_at_10", plan.quality.first_recall},
                  {"recall_queries", static_cast<double>(plan.quality.queries)}};
  if (input.graph) {
    ASSIGN_OR_RETURN(root.graph, write_graph_of(input.rows, *input.graph, plan.source_rows,
                                                checkpoint, writer, progress));
  }
  const RecordTable& table = input.table;
  const auto columns = columns_of_rows(table.columns, plan.source_rows);
  const auto record_of = [&](uint32_t row) -> Result<ImageRecord> { return table.records[row]; };
  ASSIGN_OR_RETURN(auto parts,
                   write_paged_index(plan, record_of, FacetWriter(columns), writer, progress));
  root.indexes.push_back(std::move(parts.index));
  root.facets = std::move(parts.facets);
  if (input.graph) {
    root.indexes.back().m = input.graph->m;
    root.indexes.back().ef_construction = input.graph->ef_construction;
  }
  if (!columns.empty()) {
    ASSIGN_OR_RETURN(root.columns,
                     writer.add_payload(ObjectKind::kColumns, write_columns(columns)));
  }
  std::vector<std::string> ids;
  ByteWriter digests;
  for (const uint32_t row : plan.source_rows) {
    ids.push_back(input.ids[row]);
    digests.write(input.digests[row]);
  }
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
  VectorMemory memory;
  memory.options = input.options_digest;
  memory.piece_rows = plan.piece_rows;
  ASSIGN_OR_RETURN(memory.encoder, writer.add_payload(ObjectKind::kBase, write_row_encoder(plan)));
  ASSIGN_OR_RETURN(auto digest_parts, writer.add_payload(ObjectKind::kBase, digests.bytes()));
  memory.digests.push_back(std::move(digest_parts));
  root.build_memory = write_vector_memory(memory);
  return root;
}

}  // namespace sightline
