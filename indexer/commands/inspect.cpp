#include "indexer/commands/inspect.h"

#include <cstdio>
#include <map>
#include <set>

#include "indexer/base/json.h"
#include "indexer/bundle/bundle_objects.h"

namespace sightline {
namespace {

struct KindTotal {
  size_t object_count = 0;
  uint64_t byte_count = 0;
};

using KindTotals = std::map<std::string, KindTotal>;

// Pieces of a paged index hold the records of their rows too.
const std::set<std::string> kIndexKinds = {"codes", "refinement", "graph", "views", "cell",
                                           "piece", "transform",  "list",  "names"};

JsonValue index_json(const IndexInfo& index) {
  JsonValue value{{"rows", index.row_kind == RowKind::kCrops ? "crops" : "images"},
                  {"row_count", index.row_count},
                  {"dim", index.dim},
                  {"M", index.m},
                  {"efConstruction", index.ef_construction},
                  {"similarity_mean", index.similarity_mean},
                  {"similarity_stddev", index.similarity_stddev}};
  if (index.layout == IndexLayout::kPaged) {
    value.set("cells", index.cells.cell_count());
    value.set("probe_cells", index.cells.probe_cells);
    value.set("probe_depth", double{index.cells.probe_depth});
    value.set("first_rows", index.cells.first_rows);
    value.set("settled_rows", index.cells.settled_rows);
  }
  return value;
}

JsonValue deltas_json(const CellDeltas& deltas) {
  return JsonValue{{"generations", deltas.generations.size()},
                   {"objects", deltas.deltas.size()},
                   {"added_rows", deltas.row_count()},
                   {"removed_rows", deltas.removed.size()}};
}

JsonValue bundle_json(const OpenedBundle& bundle, const KindTotals& totals) {
  const Root& root = bundle.root();
  JsonValue::Array indexes;
  for (const auto& index : root.indexes) {
    JsonValue value = index_json(index);
    if (!root.deltas.empty()) value.set("deltas", deltas_json(root.deltas));
    indexes.push_back(std::move(value));
  }
  JsonValue::Array datasets;
  for (const auto& dataset : root.datasets) {
    if (dataset.slug.empty()) continue;  // its images are gone
    datasets.push_back(JsonValue{{"slug", dataset.slug},
                                 {"licence", dataset.licence},
                                 {"media_base_url", dataset.media_base_url}});
  }
  JsonValue sizes = JsonValue::Object{};
  uint64_t index_bytes = 0;
  for (const auto& [kind, total] : totals) {
    sizes.set(kind, JsonValue{{"objects", total.object_count}, {"bytes", total.byte_count}});
    if (kIndexKinds.contains(kind)) index_bytes += total.byte_count;
  }
  JsonValue quality = JsonValue::Object{};
  for (const auto& figure : root.quality) quality.set(figure.name, figure.value);
  return JsonValue{
      {"format",
       std::to_string(bundle.manifest().major) + "." + std::to_string(bundle.manifest().minor)},
      {"root", object_name(bundle.manifest().root)},
      {"generator", root.generator},
      {"title", root.title},
      {"image_count", root.live_image_count()},
      {"datasets", std::move(datasets)},
      {"classes", JsonValue::Array(root.class_names.begin(), root.class_names.end())},
      {"model", JsonValue{{"id", root.model.id},
                          {"licence", root.model.licence},
                          {"embedding_dim", root.model.embedding_dim}}},
      {"indexes", std::move(indexes)},
      {"sizes", std::move(sizes)},
      {"index_bytes_per_image",
       root.image_count > 0 ? static_cast<double>(index_bytes) / root.live_image_count() : 0.0},
      {"quality", std::move(quality)}};
}

void print_for_people(const OpenedBundle& bundle, const KindTotals& totals) {
  const Root& root = bundle.root();
  std::printf("%s: %u images, format %u.%u, %s\n", root.title.c_str(), root.live_image_count(),
              bundle.manifest().major, bundle.manifest().minor, root.generator.c_str());
  std::printf("model %s (%s), %u dimensions\n", root.model.id.c_str(), root.model.licence.c_str(),
              root.model.embedding_dim);
  for (const auto& index : root.indexes) {
    std::printf("index of %s: %u rows, M %u, efConstruction %u\n",
                index.row_kind == RowKind::kCrops ? "crops" : "images", index.row_count, index.m,
                index.ef_construction);
  }
  if (const auto& deltas = root.deltas; !deltas.empty()) {
    std::printf("deltas of %zu builds: %u rows added, %zu removed\n", deltas.generations.size(),
                deltas.row_count(), deltas.removed.size());
  }
  for (const auto& [kind, total] : totals) {
    std::printf("  %-10s %6zu objects %12llu bytes\n", kind.c_str(), total.object_count,
                static_cast<unsigned long long>(total.byte_count));
  }
  for (const auto& figure : root.quality) {
    std::printf("  %s %g\n", figure.name.c_str(), figure.value);
  }
}

}  // namespace

Result<int> run_inspect(const InspectOptions& options) {
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(options.bundle));
  ASSIGN_OR_RETURN(const auto objects, referenced_objects(bundle));
  KindTotals totals;
  for (const auto& [ref, owner] : objects) {
    KindTotal& total = totals[object_kind_name(ref.kind)];
    ++total.object_count;
    total.byte_count += ref.stored_bytes;
  }
  if (options.json) {
    std::printf("%s\n", dump_json(bundle_json(bundle, totals), 2).c_str());
  } else {
    print_for_people(bundle, totals);
  }
  return 0;
}

}  // namespace sightline
