#include "indexer/increments/image_base.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "indexer/bundle/bundle_objects.h"

namespace sightline {
namespace {

// More ordinals and gaps than this, per image that the codes were fitted to, and all is built
// again: codes and graph were made for another collection, and visitors load the gaps too.
constexpr double kMostGrowth = 1.5;

// Of the squared length of new rows, which is 1: an error of 0.1 across the 256 or more dimensions
// of a query moves a similarity by 0.006, where phrases differ by 0.1.
constexpr double kMostLost = 0.01;

constexpr uint32_t kNone = UINT32_MAX;

Result<BaseIndex> read_index(OpenedBundle& bundle, const IndexInfo& info) {
  BaseIndex index;
  index.info = info;
  ByteReader parameters(info.code_parameters);
  ASSIGN_OR_RETURN(index.parameters, read_code_parameters(parameters, info.dim));
  ASSIGN_OR_RETURN(index.codes, bundle.fetch(info.codes));
  ASSIGN_OR_RETURN(index.refinement, bundle.fetch(info.refinement));
  if (index.codes.size() != uint64_t{info.row_count} * info.dim ||
      index.refinement.size() != uint64_t{info.row_count} * refinement_bytes(info.dim)) {
    return corrupt("its codes are not those of its rows");
  }
  ASSIGN_OR_RETURN(const auto views, bundle.fetch(info.views));
  ASSIGN_OR_RETURN(index.views, parse_views(views, info.row_count, bundle.root().image_count));
  ASSIGN_OR_RETURN(const auto graph, bundle.fetch(info.graph));
  ASSIGN_OR_RETURN(index.graph, HnswGraph::parse(graph, info.row_count));
  return index;
}

// Rows next to each other that show one image: [begin, end).
struct RowRange {
  uint32_t begin = 0;
  uint32_t end = 0;

  uint32_t size() const { return end - begin; }
};

// [image_count]; of an image whose rows lie apart, those that lie together first.
std::vector<RowRange> rows_of_images(const std::vector<ViewRow>& views, size_t image_count) {
  std::vector<RowRange> ranges(image_count);
  for (uint32_t row = 0; row < views.size(); ++row) {
    RowRange& range = ranges[views[row].image];
    if (range.size() == 0) range.begin = range.end = row;
    if (range.end == row) ++range.end;
  }
  return ranges;
}

bool is_same_view(const View& a, const View& b) {
  return a.kind == b.kind && a.box.x0 == b.box.x0 && a.box.y0 == b.box.y0 && a.box.x1 == b.box.x1 &&
         a.box.y1 == b.box.y1;
}

// Whether rows of the table, coded as the base's, are those of the base.
bool are_same_rows(const RowTable& table, RowRange now, const BaseIndex& base, RowRange known) {
  if (now.size() != known.size()) return false;
  const size_t dim = table.dim;
  const size_t fine_bytes = refinement_bytes(dim);
  std::vector<int8_t> code(dim);
  std::vector<uint8_t> fine(fine_bytes);
  for (uint32_t i = 0; i < now.size(); ++i) {
    const size_t row = now.begin + i;
    const size_t place = known.begin + i;
    if (!is_same_view(table.views[row].view, base.views[place].view)) return false;
    encode_row(base.parameters, std::span(table.embeddings).subspan(row * dim, dim), code, fine);
    const bool is_same = std::equal(code.begin(), code.end(),
                                    reinterpret_cast<const int8_t*>(&base.codes[place * dim])) &&
                         std::equal(fine.begin(), fine.end(), &base.refinement[place * fine_bytes]);
    if (!is_same) return false;
  }
  return true;
}

// A table of now beside what the base has of it, if anything.
struct TablePair {
  RowTable* table = nullptr;
  const BaseIndex* base = nullptr;
  std::vector<RowRange> now;    // of images in the order of image_id
  std::vector<RowRange> known;  // of the base's images
};

bool is_kept(const std::vector<TablePair>& pairs, uint32_t image, uint32_t known) {
  return std::all_of(pairs.begin(), pairs.end(), [&](const TablePair& pair) {
    if (pair.base == nullptr) return pair.now[image].size() == 0;
    return are_same_rows(*pair.table, pair.now[image], *pair.base, pair.known[known]);
  });
}

// Whether the rows of added images lose too much at the ends of the fitted ranges.
bool outgrows_codes(const TablePair& pair, std::span<const uint32_t> added) {
  const CodeParameters& parameters = pair.base->parameters;
  const size_t dim = pair.table->dim;
  double lost = 0;
  size_t rows = 0;
  for (const uint32_t image : added) {
    for (uint32_t row = pair.now[image].begin; row < pair.now[image].end; ++row, ++rows) {
      const float* values = pair.table->embeddings.data() + row * dim;
      for (size_t i = 0; i < dim; ++i) {
        const double reach = 127.5 * parameters.step[i];
        const double beyond = std::abs(double{values[i]} - parameters.offset[i]) - reach;
        if (beyond > 0) lost += beyond * beyond;
      }
    }
  }
  return lost > kMostLost * static_cast<double>(rows);
}

// The table's rows in the order of the images' new ordinals.
RowTable rearranged(const TablePair& pair, std::span<const uint32_t> image_of_ordinal,
                    size_t kept_count) {
  RowTable table;
  table.kind = pair.table->kind;
  table.dim = pair.table->dim;
  auto next = static_cast<uint32_t>(pair.base != nullptr ? pair.base->views.size() : 0);
  for (uint32_t ordinal = 0; ordinal < image_of_ordinal.size(); ++ordinal) {
    const uint32_t image = image_of_ordinal[ordinal];
    if (image == kNone) continue;
    const RowRange rows = pair.now[image];
    for (uint32_t row = rows.begin; row < rows.end; ++row) {
      const bool is_known = ordinal < kept_count && pair.base != nullptr;
      table.places.push_back(is_known ? pair.known[ordinal].begin + row - rows.begin : next++);
      table.views.push_back({ordinal, pair.table->views[row].view});
      const auto values = std::span(pair.table->embeddings).subspan(row * table.dim, table.dim);
      table.embeddings.insert(table.embeddings.end(), values.begin(), values.end());
    }
  }
  return table;
}

// The slugs of the base, then those that are new; and for each of `slugs` its position there.
std::vector<uint16_t> join_datasets(const Root& root, std::vector<std::string>& slugs) {
  std::vector<std::string> joined;
  for (const auto& dataset : root.datasets) joined.push_back(dataset.slug);
  std::vector<uint16_t> positions;
  for (const auto& slug : slugs) {
    const auto found = std::find(joined.begin(), joined.end(), slug);
    positions.push_back(static_cast<uint16_t>(found - joined.begin()));
    if (found == joined.end()) joined.push_back(slug);
  }
  slugs = std::move(joined);
  return positions;
}

// A dataset without images is no longer named. It keeps its position: those of the others are in
// records that stay as they are.
void forget_empty_datasets(BundleTables& tables) {
  std::vector<bool> has_images(tables.datasets.size());
  for (uint32_t image = 0; image < tables.records.size(); ++image) {
    if (!tables.is_removed(image)) has_images[tables.records[image].dataset] = true;
  }
  for (size_t i = 0; i < has_images.size(); ++i) {
    if (!has_images[i]) tables.datasets[i].clear();
  }
}

}  // namespace

Result<ImageBase> ImageBase::open(const std::string& bundle_path) {
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(bundle_path));
  ImageBase base;
  base.root = bundle.root();
  if (base.root.build_memory.empty() || base.root.indexes.empty() || bundle.searcher().is_paged()) {
    return unsupported("it keeps nothing for later builds of images");
  }
  // What is not written again must be there.
  RETURN_IF_ERROR(check_files(bundle, bundle_path));
  ASSIGN_OR_RETURN(base.memory, read_image_memory(base.root.build_memory));
  for (const auto& info : base.root.indexes) {
    ASSIGN_OR_RETURN(auto index, read_index(bundle, info));
    base.indexes.push_back(std::move(index));
  }
  for (uint32_t image = 0; image < base.root.image_count; ++image) {
    ASSIGN_OR_RETURN(auto record, bundle.record(image));
    base.records.push_back(std::move(record));
  }
  for (const auto& directory : base.root.phrase_bank.directories) {
    ASSIGN_OR_RETURN(const auto payload, bundle.fetch({directory.ref}));
    ASSIGN_OR_RETURN(const auto leaves, parse_phrase_directory(payload));
    for (const auto& leaf : leaves) base.phrase_keys.push_back(leaf.first_key);
  }
  return base;
}

const BaseIndex* ImageBase::index_of(RowKind kind) const {
  const auto found = std::find_if(indexes.begin(), indexes.end(),
                                  [&](const auto& index) { return index.info.row_kind == kind; });
  return found != indexes.end() ? &*found : nullptr;
}

Result<void> continue_tables(const ImageBase& base, const std::vector<std::string>& class_names,
                             BundleTables& tables) {
  const Root& root = base.root;
  if (root.class_names != class_names) return unsupported("its detector knew other classes");
  const size_t known_count = base.records.size();
  std::vector<TablePair> pairs;
  for (RowTable* table : {&tables.whole, &tables.crops}) {
    TablePair pair{table, base.index_of(table->kind), {}, {}};
    pair.now = rows_of_images(table->views, tables.records.size());
    if (pair.base != nullptr) {
      if (pair.base->info.dim != table->dim) return unsupported("its model was another one");
      pair.known = rows_of_images(pair.base->views, known_count);
    }
    pairs.push_back(std::move(pair));
  }

  std::unordered_map<std::string, uint32_t> ordinals;
  for (uint32_t ordinal = 0; ordinal < known_count; ++ordinal) {
    const auto& gone = root.deltas.removed;
    if (std::binary_search(gone.begin(), gone.end(), ordinal)) continue;
    ordinals.emplace(base.records[ordinal].image_id, ordinal);
  }
  std::vector<uint32_t> image_of_ordinal(known_count, kNone);
  std::vector<uint32_t> added;
  for (uint32_t image = 0; image < tables.records.size(); ++image) {
    const auto found = ordinals.find(tables.records[image].image_id);
    if (found != ordinals.end() && is_kept(pairs, image, found->second)) {
      image_of_ordinal[found->second] = image;
    } else {
      added.push_back(image);
    }
  }
  image_of_ordinal.insert(image_of_ordinal.end(), added.begin(), added.end());
  const auto gaps =
      static_cast<size_t>(std::count(image_of_ordinal.begin(), image_of_ordinal.end(), kNone));
  if (static_cast<double>(image_of_ordinal.size() + gaps) >
      kMostGrowth * base.memory.fitted_images) {
    return unsupported("much has changed since its codes were fitted to " +
                       std::to_string(base.memory.fitted_images) + " images");
  }
  for (const auto& pair : pairs) {
    if (pair.base != nullptr && outgrows_codes(pair, added)) {
      return unsupported("new images lie outside of what its codes were fitted to");
    }
  }

  const auto datasets = join_datasets(root, tables.datasets);
  std::vector<ImageRecord> records;
  std::vector<Sha256Digest> contents;
  for (uint32_t ordinal = 0; ordinal < image_of_ordinal.size(); ++ordinal) {
    const uint32_t image = image_of_ordinal[ordinal];
    if (image == kNone) {
      tables.removed.push_back(ordinal);
      records.push_back(base.records[ordinal]);
      contents.emplace_back();
      continue;
    }
    ImageRecord& record = records.emplace_back(std::move(tables.records[image]));
    record.dataset = datasets[record.dataset];
    // Where its thumbnail was; it stays there if it is the same.
    if (ordinal < known_count) record.thumbnail = base.records[ordinal].thumbnail;
    contents.push_back(tables.contents[image]);
  }
  for (auto& pair : pairs) *pair.table = rearranged(pair, image_of_ordinal, known_count);
  tables.records = std::move(records);
  tables.contents = std::move(contents);
  forget_empty_datasets(tables);
  tables.columns = make_columns(tables, class_names);
  return {};
}

}  // namespace sightline
