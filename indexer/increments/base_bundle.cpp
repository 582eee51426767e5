#include "indexer/increments/base_bundle.h"

#include <algorithm>
#include <unordered_map>

#include "indexer/bundle/bundle_objects.h"
#include "native/base/byte_reader.h"

namespace sightline {
namespace {

// The last generation is written again with the next one while it has no more rows than this share
// of the cells', so that many small builds do not leave many small objects.
constexpr double kSmallGeneration = 0.005;

Error unusable(const std::string& why) { return unsupported(why); }

Result<BaseBundle::Table> read_table(OpenedBundle& bundle, uint32_t first_ordinal,
                                     uint32_t row_count, const ObjectParts& ids,
                                     const ObjectParts& digests) {
  BaseBundle::Table table;
  table.first_ordinal = first_ordinal;
  ASSIGN_OR_RETURN(const auto id_bytes, bundle.fetch(ids));
  ASSIGN_OR_RETURN(table.ids, ImageIdTable::parse(id_bytes, row_count));
  ASSIGN_OR_RETURN(const auto digest_bytes, bundle.fetch(digests));
  ByteReader reader(digest_bytes);
  table.digests = reader.read_array<uint64_t>(row_count);
  if (!reader.ok() || reader.remaining() > 0) return corrupt("build memory: digests are missing");
  return table;
}

BaseChanges compare(const BaseBundle& base, size_t kept_generations, std::span<const uint64_t> keys,
                    std::span<const uint64_t> digests) {
  struct Known {
    uint32_t ordinal = 0;
    uint64_t digest = 0;
  };
  BaseChanges changes;
  changes.kept_generations = kept_generations;
  std::unordered_map<uint64_t, Known> known;
  const auto& gone = base.root.deltas.removed;
  for (const auto& table : std::span(base.tables).first(kept_generations + 1)) {
    for (size_t i = 0; i < table.digests.size(); ++i) {
      const uint32_t place = table.ids.ordinals()[i];
      const uint32_t ordinal = table.first_ordinal + place;
      if (std::binary_search(gone.begin(), gone.end(), ordinal)) {
        changes.removed.push_back(ordinal);
      } else {
        known.emplace(table.ids.keys()[i], Known{ordinal, table.digests[place]});
      }
    }
  }
  for (uint32_t row = 0; row < keys.size(); ++row) {
    const auto found = known.find(keys[row]);
    if (found != known.end() && found->second.digest == digests[row]) {
      known.erase(found);
    } else {
      changes.added.push_back(row);
    }
  }
  for (const auto& [key, row] : known) changes.removed.push_back(row.ordinal);
  changes.any = !changes.added.empty() || !known.empty();
  std::sort(changes.removed.begin(), changes.removed.end());
  return changes;
}

}  // namespace

Result<BaseBundle> BaseBundle::open(const std::string& bundle_path) {
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(bundle_path));
  BaseBundle base;
  base.root = bundle.root();
  const Root& root = base.root;
  if (root.build_memory.empty() || root.indexes.size() != 1 ||
      root.indexes[0].layout != IndexLayout::kPaged) {
    return unusable("it keeps nothing for later builds");
  }
  // What is not written again must be there.
  ASSIGN_OR_RETURN(base.file_count, check_files(bundle, bundle_path));
  const IndexInfo& index = root.indexes[0];
  ASSIGN_OR_RETURN(base.memory, read_vector_memory(root.build_memory));
  const auto& generations = root.deltas.generations;
  if (base.memory.digests.size() != generations.size() + 1) {
    return unusable("its digests do not belong to its rows");
  }
  ASSIGN_OR_RETURN(base.plan.basis.codes,
                   parse_query_aware_codes(index.code_parameters, index.dim));
  base.plan.directory = index.cells;
  base.plan.piece_rows = base.memory.piece_rows;
  ASSIGN_OR_RETURN(const auto encoder, bundle.fetch(base.memory.encoder));
  RETURN_IF_ERROR(read_row_encoder(encoder, base.plan));

  for (const auto& column : root.facets.columns) {
    auto& values = base.facet_values.emplace_back(column.first_name);
    if (!column.names.empty()) {
      ASSIGN_OR_RETURN(const auto names, bundle.fetch(column.names));
      ASSIGN_OR_RETURN(values, parse_facet_names(names, column.value_count));
    }
    values.insert(values.end(), column.added_names.begin(), column.added_names.end());
  }

  ASSIGN_OR_RETURN(auto cells,
                   read_table(bundle, 0, index.row_count, root.image_ids, base.memory.digests[0]));
  base.tables.push_back(std::move(cells));
  uint32_t first = index.row_count;
  size_t delta = 0;
  for (size_t g = 0; g < generations.size(); ++g) {
    uint64_t rows = 0;
    while (rows < generations[g].row_count) rows += root.deltas.deltas[delta++].row_count();
    if (rows != generations[g].row_count) return unusable("its deltas mix generations");
    ASSIGN_OR_RETURN(auto table, read_table(bundle, first, generations[g].row_count,
                                            generations[g].image_ids, base.memory.digests[g + 1]));
    base.tables.push_back(std::move(table));
    first += generations[g].row_count;
  }
  return base;
}

double BaseChanges::share(const BaseBundle& base) const {
  size_t rows = removed.size() + added.size();
  for (size_t g = 0; g < kept_generations; ++g) rows += base.tables[g + 1].digests.size();
  return static_cast<double>(rows) / static_cast<double>(base.tables[0].digests.size());
}

Result<BaseChanges> compare_with_base(const BaseBundle& base, std::span<const std::string> ids,
                                      std::span<const uint64_t> digests) {
  std::vector<uint64_t> keys;
  for (const auto& id : ids) keys.push_back(ImageIdTable::key_of(id));
  auto sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return invalid_argument("two image_ids cannot be told apart by their key");
  }
  const size_t generations = base.tables.size() - 1;
  auto changes = compare(base, generations, keys, digests);
  if (changes.added.empty() || generations == 0) return changes;
  const auto last = static_cast<double>(base.tables.back().digests.size());
  const auto cells = static_cast<double>(base.tables.front().digests.size());
  if (last > kSmallGeneration * cells) return changes;
  return compare(base, generations - 1, keys, digests);
}

}  // namespace sightline
