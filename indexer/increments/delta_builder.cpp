#include "indexer/increments/delta_builder.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "indexer/index/arrange_rows.h"
#include "indexer/index/encode_rows.h"
#include "indexer/index/facet_writer.h"
#include "indexer/index/paged_tuning.h"
#include "indexer/index/write_cells.h"
#include "indexer/sources/category_column.h"

namespace sightline {
namespace {

// An object of deltas holds rows of neighbouring cells that fill so many pieces: a query opens a
// few of them beside its cells.
constexpr uint32_t kDeltaPieces = 2;

// The place of each cell in an order in which neighbours stand together: [cells].
std::vector<uint32_t> neighbor_ranks(const CellDirectory& directory) {
  const size_t cells = directory.cell_count();
  const size_t components = directory.centroid_components();
  std::vector<float> places(cells * kOrderComponents);
  for (size_t cell = 0; cell < cells; ++cell) {
    for (size_t c = 0; c < std::min<size_t>(components, kOrderComponents); ++c) {
      places[cell * kOrderComponents + c] =
          directory.centroid_scale[c] * directory.centroids[c * cells + cell];
    }
  }
  std::vector<uint32_t> order(cells);
  std::iota(order.begin(), order.end(), 0u);
  order_cell(order, places, 1);
  std::vector<uint32_t> ranks(cells);
  for (uint32_t i = 0; i < cells; ++i) ranks[order[i]] = i;
  return ranks;
}

// The added rows in the order of their cells, cut into the objects that will hold them, with the
// runs of each.
struct ArrangedDeltas {
  PagedPlan plan;
  std::vector<CellDeltas::Delta> deltas;
};

ArrangedDeltas arrange_deltas(const BaseBundle& base, const EncodedRows& encoded,
                              std::span<const uint32_t> source_rows) {
  const auto ranks = neighbor_ranks(base.plan.directory);
  std::vector<uint32_t> order(source_rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return ranks[encoded.cells[a]] < ranks[encoded.cells[b]];
  });
  ArrangedDeltas arranged;
  PagedPlan& plan = arranged.plan;
  plan.basis.codes = base.plan.basis.codes;
  plan.piece_rows = base.plan.piece_rows;
  plan.directory.first_row = {0};
  const size_t row_bytes = plan.basis.codes.row_bytes();
  const uint32_t wanted = kDeltaPieces * plan.piece_rows;
  for (const uint32_t row : order) {
    const uint32_t cell = encoded.cells[row];
    const uint32_t held =
        static_cast<uint32_t>(plan.source_rows.size()) - plan.directory.first_row.back();
    const bool continues = held > 0 && arranged.deltas.back().runs.back().cell == cell;
    const bool is_full = held >= 2 * wanted || (held >= wanted && !continues);
    if (is_full) plan.directory.first_row.push_back(static_cast<uint32_t>(plan.source_rows.size()));
    if (held == 0 || is_full) arranged.deltas.emplace_back();
    auto& runs = arranged.deltas.back().runs;
    if (runs.empty() || runs.back().cell != cell) runs.push_back({cell, 0});
    ++runs.back().row_count;
    plan.source_rows.push_back(source_rows[row]);
    const auto code = std::span(encoded.codes).subspan(row * row_bytes, row_bytes);
    plan.codes.insert(plan.codes.end(), code.begin(), code.end());
  }
  plan.directory.first_row.push_back(static_cast<uint32_t>(plan.source_rows.size()));
  return arranged;
}

// Leaves the deltas of the first generations.
void keep_generations(size_t count, CellDeltas& deltas) {
  deltas.generations.resize(count);
  uint32_t rows = deltas.row_count();
  size_t kept = 0;
  while (kept < deltas.deltas.size() && rows > 0) rows -= deltas.deltas[kept++].row_count();
  deltas.deltas.resize(kept);
}

// The facets of added rows as their deltas hold them, in the codes of the base's values; what is
// new to those is added to root.facets.
std::vector<Column> facets_of_added(const BaseBundle& base, std::span<const Column> columns,
                                    std::span<const uint32_t> source_rows, Root& root) {
  std::vector<Column> result;
  for (size_t i = 0; i < root.facets.columns.size(); ++i) {
    FacetColumn& facet = root.facets.columns[i];
    const Column& column = *find_column(columns, facet.name);
    Column& own = result.emplace_back(Column{.name = column.name, .type = column.type});
    if (column.type == ColumnType::kNumber) {
      auto& range = facet.added_range;
      for (const uint32_t row : source_rows) {
        const double number = column.numbers[row];
        own.numbers.push_back(number);
        if (!std::isfinite(number)) continue;
        if (range.empty()) range = {number, number};
        range = {std::min(range[0], number), std::max(range[1], number)};
      }
      continue;
    }
    std::unordered_map<std::string_view, uint32_t> codes;
    for (const auto& value : base.facet_values[i]) {
      codes.emplace(value, static_cast<uint32_t>(codes.size()));
    }
    for (const uint32_t row : source_rows) {
      const std::string& value = column.values[column.codes[row]];
      const auto [code, is_new] = codes.emplace(value, static_cast<uint32_t>(codes.size()));
      if (is_new) facet.added_names.push_back(value);
      own.codes.push_back(code->second);
    }
  }
  return result;
}

}  // namespace

std::vector<Column> columns_of_rows(std::span<const Column> columns,
                                    std::span<const uint32_t> source_rows) {
  std::vector<Column> result;
  for (const auto& column : columns) {
    if (column.type == ColumnType::kCategory) {
      std::vector<std::string> texts;
      for (const uint32_t row : source_rows) texts.push_back(column.values[column.codes[row]]);
      result.push_back(category_column(column.name, texts));
      continue;
    }
    Column& numbers = result.emplace_back(Column{.name = column.name, .type = column.type});
    for (const uint32_t row : source_rows) numbers.numbers.push_back(column.numbers[row]);
  }
  return result;
}

size_t added_name_bytes(const BaseBundle& base, const BaseChanges& changes,
                        std::span<const Column> columns) {
  size_t bytes = 0;
  const auto count = [&](std::string_view name) { bytes += sizeof(uint16_t) + name.size(); };
  for (size_t i = 0; i < base.root.facets.columns.size(); ++i) {
    const FacetColumn& facet = base.root.facets.columns[i];
    if (facet.type != ColumnType::kCategory) continue;
    for (const auto& name : facet.added_names) count(name);
    const Column& column = *find_column(columns, facet.name);
    std::unordered_set<std::string_view> known(base.facet_values[i].begin(),
                                               base.facet_values[i].end());
    for (const uint32_t row : changes.added) {
      const std::string& value = column.values[column.codes[row]];
      if (known.insert(value).second) count(value);
    }
  }
  return bytes;
}

Result<Root> write_deltas(const BaseBundle& base, const BaseChanges& changes, const RowSource& rows,
                          const RecordTable& table, std::span<const uint64_t> digests,
                          unsigned thread_count, BundleWriter& writer, Progress& progress) {
  Root root = base.root;
  VectorMemory memory = base.memory;
  keep_generations(changes.kept_generations, root.deltas);
  memory.digests.resize(changes.kept_generations + 1);
  root.deltas.removed = changes.removed;
  const uint32_t first_ordinal = root.indexes[0].row_count + root.deltas.row_count();
  root.image_count = first_ordinal + static_cast<uint32_t>(changes.added.size());
  if (!changes.added.empty()) {
    const RowSource added{
        static_cast<uint32_t>(changes.added.size()), rows.dim,
        [&](uint32_t first, uint32_t count, std::span<float> target) -> Result<void> {
          for (uint32_t i = 0; i < count; ++i) {
            RETURN_IF_ERROR(rows.read(changes.added[first + i], 1,
                                      target.subspan(size_t{i} * rows.dim, rows.dim)));
          }
          return {};
        }};
    HeldOutTruth no_queries({}, rows.dim);
    ASSIGN_OR_RETURN(const auto encoded,
                     encode_rows(added, base.plan, no_queries, thread_count, progress));
    auto arranged = arrange_deltas(base, encoded, changes.added);
    const PagedPlan& plan = arranged.plan;
    const auto record_of = [&](uint32_t row) -> Result<ImageRecord> { return table.records[row]; };
    FacetWriter facets(facets_of_added(base, table.columns, plan.source_rows, root));
    ASSIGN_OR_RETURN(const auto refs, write_cells(plan, first_ordinal, record_of,
                                                  root.facets.columns.empty() ? nullptr : &facets,
                                                  writer, progress));
    for (size_t i = 0; i < refs.size(); ++i) {
      arranged.deltas[i].ref = refs[i];
      root.deltas.deltas.push_back(std::move(arranged.deltas[i]));
    }
    auto& generation = root.deltas.generations.emplace_back();
    generation.row_count = added.row_count;
    if (!table.columns.empty()) {
      const auto columns = columns_of_rows(table.columns, plan.source_rows);
      ASSIGN_OR_RETURN(generation.columns,
                       writer.add_payload(ObjectKind::kColumns, write_columns(columns)));
    }
    std::vector<std::string> ids;
    ByteWriter row_digests;
    for (const uint32_t row : plan.source_rows) {
      ids.push_back(table.records[row].image_id);
      row_digests.write(digests[row]);
    }
    ASSIGN_OR_RETURN(generation.image_ids,
                     writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids)));
    ASSIGN_OR_RETURN(auto parts, writer.add_payload(ObjectKind::kBase, row_digests.bytes()));
    memory.digests.push_back(std::move(parts));
  }
  root.build_memory = write_vector_memory(memory);
  return root;
}

}  // namespace sightline
