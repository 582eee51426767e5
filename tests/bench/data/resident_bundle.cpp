// Writes a bundle of stored vectors whose whole index is loaded before the first search (codes,
// refinement, graph), so that it can be measured in browsers. Image ids are row numbers.
//
//   resident_bundle --vectors base.npy --out BUNDLE

#include <map>
#include <string>

#include "indexer/index/index_builder.h"
#include "native/bundle/columns.h"
#include "native/bundle/image_ids.h"
#include "native/bundle/records.h"
#include "tests/bench/data/npy_vectors.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr size_t kRecordsPerPiece = 500;

RowTable read_rows(const std::string& path) {
  Vectors vectors = read_npy(path);
  RowTable table;
  table.dim = vectors.dim;
  for (uint32_t row = 0; row < vectors.rows; ++row) {
    testing::scale_to_unit(vectors.row(row));
    table.views.push_back({row, {}});
    table.views.back().view.box = {0, 0, 1, 1};
  }
  table.embeddings = std::move(vectors.values);
  return table;
}

Result<void> add_records(uint32_t rows, BundleWriter& writer, Root& root) {
  std::vector<std::string> ids;
  std::vector<ImageRecord> records;
  for (uint32_t row = 0; row < rows; ++row) {
    ids.push_back(std::to_string(row));
    ImageRecord& record = records.emplace_back();
    record.image_id = ids.back();
    record.path = ids.back() + ".jpg";
    record.width_px = record.height_px = 1;
    if (records.size() < kRecordsPerPiece && row + 1 < rows) continue;
    const auto first = static_cast<uint32_t>(row + 1 - records.size());
    ASSIGN_OR_RETURN(const auto ref,
                     writer.add(ObjectKind::kRecords, write_records_piece(records)));
    root.records.push_back({first, ref});
    records.clear();
  }
  ASSIGN_OR_RETURN(root.image_ids,
                   writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
  return {};
}

Result<void> write_bundle(const std::string& vectors, const std::string& folder) {
  const RowTable rows = read_rows(vectors);
  ASSIGN_OR_RETURN(auto writer, BundleWriter::open(folder));
  Root root;
  root.title = "Stored vectors";
  root.generator = "resident_bundle";
  root.image_count = static_cast<uint32_t>(rows.views.size());
  root.datasets.push_back({"vectors", "", ""});
  root.model.id = "stored vectors";
  root.model.embedding_dim = rows.dim;
  root.model.image_size_px = 1;
  ASSIGN_OR_RETURN(auto index, build_index(rows, nullptr, {}, writer, {}));
  root.indexes.push_back(std::move(index.info));
  RETURN_IF_ERROR(add_records(root.image_count, writer, root));
  ASSIGN_OR_RETURN(root.columns, writer.add_payload(ObjectKind::kColumns, write_columns({})));
  return writer.finish(root);
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using sightline::bench::fail;
  std::map<std::string, std::string> options = {{"--vectors", ""}, {"--out", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  if (options["--vectors"].empty() || options["--out"].empty()) {
    fail("usage: resident_bundle --vectors base.npy --out BUNDLE");
  }
  const auto written = sightline::bench::write_bundle(options["--vectors"], options["--out"]);
  if (!written) fail(written.error().message);
}
