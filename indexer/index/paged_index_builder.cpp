#include "indexer/index/paged_index_builder.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "indexer/base/parallel.h"
#include "indexer/index/cell_spread.h"
#include "indexer/index/clustering.h"
#include "indexer/index/kept_plan.h"
#include "indexer/index/matrix.h"
#include "indexer/index/paged_tuning.h"
#include "native/bundle/cells.h"
#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

constexpr uint32_t kBlockRows = 2048;
// Values of rows are below 1: sums of 2^32 of them fit 64 bits.
constexpr double kFixedPoint = 1u << 30;
// A cell may hold so many times the rows aimed at before it is split.
constexpr size_t kLargestCell = 2;
constexpr size_t kStandInQueries = 800;

// Rows spread evenly over the source: the i-th of `count`.
uint32_t sample_row(const RowSource& rows, uint32_t i, uint32_t count) {
  return static_cast<uint32_t>(uint64_t{i} * rows.row_count / count);
}

Result<std::vector<float>> sample_rows(const RowSource& rows, uint32_t count) {
  std::vector<float> sample(size_t{count} * rows.dim);
  for (uint32_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(rows.read(sample_row(rows, i, count), 1,
                              std::span(sample).subspan(size_t{i} * rows.dim, rows.dim)));
  }
  return sample;
}

// Splits clusters that hold too many points until none does.
void split_large_clusters(std::span<const float> points, size_t dim, size_t most,
                          const PagedOptions& options, std::vector<float>& centroids) {
  for (uint32_t round = 0; round < 4; ++round) {
    const auto nearest = nearest_centroids(points, centroids, dim, options.thread_count);
    std::vector<std::vector<float>> members(centroids.size() / dim);
    std::vector<uint32_t> counts(members.size());
    for (const uint32_t c : nearest) ++counts[c];
    bool any = false;
    for (size_t p = 0; p < nearest.size(); ++p) {
      if (counts[nearest[p]] <= most) continue;
      const auto point = points.subspan(p * dim, dim);
      members[nearest[p]].insert(members[nearest[p]].end(), point.begin(), point.end());
    }
    for (size_t c = 0; c < members.size(); ++c) {
      if (members[c].empty()) continue;
      any = true;
      const size_t parts = (counts[c] + most - 1) / most + 1;
      const auto halves = cluster(members[c], dim, parts, options.iterations, options.seed + c, 1);
      std::copy_n(halves.begin(), dim, centroids.begin() + static_cast<ptrdiff_t>(c * dim));
      centroids.insert(centroids.end(), halves.begin() + static_cast<ptrdiff_t>(dim), halves.end());
    }
    if (!any) return;
  }
}

size_t choose_cell_count(uint32_t row_count, const PagedOptions& options) {
  const double code_bytes = double{1} * row_count * options.fitting.first_bytes;
  const double wanted = options.cells_per_root * std::sqrt(double{1} * row_count);
  const double count = std::clamp(wanted, code_bytes / options.max_cell_bytes,
                                  std::max(1.0, code_bytes / options.min_cell_bytes));
  return static_cast<size_t>(std::ceil(count));
}

// Centroids of `components` of [cells, dim] as int8. Their step is how far rows lie from them in a
// component, so that those that hardly differ from cell to cell compress to little.
void quantise_centroids(std::span<const float> centroids, size_t dim, size_t components,
                        double step, CellDirectory& directory) {
  const size_t cells = centroids.size() / dim;
  directory.centroid_scale.clear();
  directory.centroids.clear();
  for (size_t c = 0; c < components; ++c) {
    float scale = static_cast<float>(step);
    for (size_t i = 0; i < cells; ++i) {
      scale = std::max(scale, std::abs(centroids[i * dim + c]) / 127);
    }
    directory.centroid_scale.push_back(scale);
    for (size_t i = 0; i < cells; ++i) {
      directory.centroids.push_back(
          static_cast<int8_t>(scale > 0 ? std::lround(centroids[i * dim + c] / scale) : 0));
    }
  }
}

// [cells, components]
std::vector<float> decoded_centroids(const CellDirectory& directory) {
  std::vector<float> result(directory.centroids.size());
  const size_t components = directory.centroid_components();
  const size_t cells = result.size() / std::max<size_t>(1, components);
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t c = i / cells;
    result[i % cells * components + c] = directory.centroid_scale[c] * directory.centroids[i];
  }
  return result;
}

// y minus the centroid's components, in place.
void subtract(std::span<float> y, std::span<const float> centroid) {
  for (size_t c = 0; c < centroid.size(); ++c) y[c] -= centroid[c];
}

// Calls work(first row, rows [n, dim]) for all rows, a block at a time.
Result<void> for_blocks(
    const RowSource& rows, unsigned thread_count, Progress& progress,
    const std::function<void(uint32_t first, std::span<const float> rows)>& work) {
  const size_t blocks = (rows.row_count + kBlockRows - 1) / kBlockRows;
  std::vector<Result<void>> results(blocks);
  parallel_for(blocks, thread_count, [&](size_t block) {
    const auto first = static_cast<uint32_t>(block) * kBlockRows;
    const uint32_t count = std::min(kBlockRows, rows.row_count - first);
    std::vector<float> values(size_t{count} * rows.dim);
    results[block] = rows.read(first, count, values);
    if (results[block].has_value()) work(first, values);
    progress.add(count);
  });
  for (const auto& result : results) RETURN_IF_ERROR(result);
  return {};
}

// places: where the cells' centroids are, [cells, cluster components].
Result<AssignedRows> assign_rows(const RowSource& rows, const FittedBasis& basis,
                                 std::span<const float> places, unsigned thread_count,
                                 Progress& progress) {
  const size_t dim = rows.dim;
  const size_t place_dim = basis.to_places.size() / dim;
  AssignedRows assigned;
  assigned.cells.resize(rows.row_count);
  // Whole numbers add up to the same in any order.
  std::vector<int64_t> sums(places.size() / place_dim * dim);
  std::vector<uint32_t> counts(places.size() / place_dim);
  std::mutex mutex;
  RETURN_IF_ERROR(for_blocks(rows, thread_count, progress, [&](uint32_t first, auto values) {
    const auto nearest = nearest_centroids(to_places(basis, values), places, place_dim, 1);
    std::copy(nearest.begin(), nearest.end(), assigned.cells.begin() + first);
    const std::lock_guard lock(mutex);
    for (size_t i = 0; i < values.size(); ++i) {
      sums[nearest[i / dim] * dim + i % dim] += static_cast<int64_t>(values[i] * kFixedPoint);
    }
    for (const uint32_t cell : nearest) ++counts[cell];
  }));
  for (size_t i = 0; i < sums.size(); ++i) {
    const uint32_t count = counts[i / dim];
    assigned.means.push_back(
        count == 0 ? basis.codes.mean[i % dim]
                   : static_cast<float>(static_cast<double>(sums[i]) / kFixedPoint / count));
  }
  return assigned;
}

class RowEncoder {
 public:
  RowEncoder(const RowSource& rows, const PagedPlan& plan, HeldOutTruth& truth,
             unsigned thread_count)
      : rows_(rows),
        plan_(plan),
        truth_(truth),
        thread_count_(thread_count),
        centroids_(decoded_centroids(plan.directory)) {}

  // cells: of each row.
  Result<EncodedRows> encode(std::vector<uint32_t> cells, Progress& progress) {
    encoded_.cells = std::move(cells);
    encoded_.codes.resize(size_t{rows_.row_count} * plan_.basis.codes.row_bytes());
    encoded_.places.resize(size_t{rows_.row_count} * kOrderComponents);
    std::vector<float> distances(rows_.row_count);
    RETURN_IF_ERROR(for_blocks(rows_, thread_count_, progress, [&](uint32_t first, auto rows) {
      encode_block(first, rows, distances);
    }));
    encoded_.residuals.resize(plan_.directory.centroids.size() /
                              plan_.directory.centroid_components());
    for (uint32_t row = 0; row < rows_.row_count; ++row) {
      encoded_.residuals[encoded_.cells[row]] += distances[row];
    }
    return std::move(encoded_);
  }

 private:
  void encode_block(uint32_t first, std::span<const float> rows, std::span<float> distances) {
    const auto& codes = plan_.basis.codes;
    const size_t dim = rows_.dim;
    const size_t routed = plan_.directory.centroid_components();
    truth_.offer(first, rows);
    std::vector<float> y(rows.size());
    to_components(plan_.basis, rows, y);
    for (uint32_t i = 0; i < rows.size() / dim; ++i) {
      const auto row = std::span(y).subspan(i * dim, dim);
      subtract(row, std::span(centroids_).subspan(encoded_.cells[first + i] * routed, routed));
      encode_components(codes, row.first(codes.components()),
                        std::span(encoded_.codes)
                            .subspan(size_t{first + i} * codes.row_bytes(), codes.row_bytes()));
      std::copy_n(row.begin(), std::min<size_t>(kOrderComponents, dim),
                  encoded_.places.begin() + ptrdiff_t{first + i} * kOrderComponents);
      float sum = 0;
      for (const float value : row) sum += value * value;
      distances[first + i] = sum;
    }
  }

  const RowSource& rows_;
  const PagedPlan& plan_;
  HeldOutTruth& truth_;
  const unsigned thread_count_;
  const std::vector<float> centroids_;
  EncodedRows encoded_;
};

// How unlike the rows of each cell are to one another for the queries that come near: [cells].
std::vector<float> measure_spread(const CellSample& sample, std::span<const float> queries,
                                  const EncodedRows& encoded, unsigned thread_count) {
  std::vector<uint32_t> counts(encoded.residuals.size());
  for (const uint32_t cell : encoded.cells) ++counts[cell];
  std::vector<float> spread;
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    spread.push_back(
        static_cast<float>(std::sqrt(encoded.residuals[cell] / std::max(1u, counts[cell]))));
  }
  // Rows stand in where there are no queries.
  std::vector<float> stand_ins;
  const size_t count = sample.cells.size();
  for (size_t i = 0; queries.empty() && i < std::min(kStandInQueries, count); ++i) {
    const auto row =
        sample.rows.subspan(i * count / std::min(kStandInQueries, count) * sample.dim, sample.dim);
    stand_ins.insert(stand_ins.end(), row.begin(), row.end());
  }
  fit_spread(sample, queries.empty() ? stand_ins : queries, thread_count, spread);
  return spread;
}

// Leaves out empty cells and sorts the rows by cell. spread: [cells].
void arrange(EncodedRows encoded, std::span<const float> spread, PagedPlan& plan) {
  CellDirectory& directory = plan.directory;
  const size_t row_bytes = plan.basis.codes.row_bytes();
  std::vector<std::vector<uint32_t>> members(encoded.residuals.size());
  for (uint32_t row = 0; row < encoded.cells.size(); ++row) {
    members[encoded.cells[row]].push_back(row);
  }
  std::vector<float> places;
  const size_t place_dim = plan.places.size() / members.size();
  directory.first_row = {0};
  for (size_t cell = 0; cell < members.size(); ++cell) {
    auto& rows = members[cell];
    if (rows.empty()) continue;
    order_cell(rows, encoded.places, plan.piece_rows);
    plan.source_rows.insert(plan.source_rows.end(), rows.begin(), rows.end());
    directory.first_row.push_back(static_cast<uint32_t>(plan.source_rows.size()));
    directory.spread.push_back(spread[cell]);
    const auto place = std::span(plan.places).subspan(cell * place_dim, place_dim);
    places.insert(places.end(), place.begin(), place.end());
  }
  std::vector<int8_t> centroids;
  for (size_t i = 0; i < directory.centroids.size(); ++i) {
    if (!members[i % members.size()].empty()) centroids.push_back(directory.centroids[i]);
  }
  directory.centroids = std::move(centroids);
  plan.places = std::move(places);
  plan.codes.resize(encoded.codes.size());
  for (size_t row = 0; row < plan.source_rows.size(); ++row) {
    std::copy_n(encoded.codes.begin() + static_cast<ptrdiff_t>(plan.source_rows[row] * row_bytes),
                row_bytes, plan.codes.begin() + static_cast<ptrdiff_t>(row * row_bytes));
  }
}

// The first tier of rows [first, first + count) in groups, as cells hold it.
std::vector<uint8_t> grouped_codes(const PagedPlan& plan, uint32_t first, uint32_t count) {
  const size_t row_bytes = plan.basis.codes.row_bytes();
  const size_t first_bytes = plan.basis.codes.first_bytes();
  const size_t groups = (count + kScanGroup - 1) / kScanGroup;
  std::vector<uint8_t> codes(groups * kScanGroup * first_bytes);
  for (size_t row = 0; row < count; ++row) {
    uint8_t* group = codes.data() + row / kScanGroup * kScanGroup * first_bytes;
    for (size_t b = 0; b < first_bytes; ++b) {
      group[b * kScanGroup + row % kScanGroup] = plan.codes[(first + row) * row_bytes + b];
    }
  }
  return codes;
}

// Centroids, and codes for what lies between rows and their centroids. y: components of sampled
// rows, cells: of these rows, means: components of the cells' means.
void fit_cells(std::span<const float> y, std::span<const uint32_t> nearest,
               std::span<const float> means, size_t routed, const CodeFitting& fitting,
               PagedPlan& plan) {
  const size_t dim = y.size() / nearest.size();
  double squares = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double offset = double{y[i]} - means[nearest[i / dim] * dim + i % dim];
    squares += offset * offset;
  }
  quantise_centroids(means, dim, routed, std::sqrt(squares / static_cast<double>(y.size())),
                     plan.directory);
  const auto centroids = decoded_centroids(plan.directory);
  std::vector<double> variances(dim);
  std::vector<float> row(dim);
  for (size_t p = 0; p < nearest.size(); ++p) {
    std::copy_n(y.begin() + static_cast<ptrdiff_t>(p * dim), dim, row.begin());
    subtract(row, std::span(centroids).subspan(nearest[p] * routed, routed));
    for (size_t c = 0; c < dim; ++c) variances[c] += double{row[c]} * row[c];
  }
  for (double& variance : variances) variance /= static_cast<double>(nearest.size());
  fit_digits(variances, fitting, plan.basis.codes);
}

// Fits the codes, clusters the sample, [n, dim], and assigns the rows, or as much of that as a
// build that was stopped has not done.
Result<PlannedCells> plan_cells(const RowSource& rows, std::span<const float> sample,
                                std::span<const float> queries, size_t cell_count,
                                const PagedOptions& options, BuildCheckpoint* checkpoint,
                                Progress& progress) {
  PlannedCells planned;
  if (const auto kept = checkpoint ? checkpoint->load(BuildStep::kCells) : std::nullopt) {
    if (auto cells = read_planned_cells(*kept, rows.row_count)) {
      progress.note("resuming: the cells of the build that was stopped");
      planned = std::move(*cells);
    }
  }
  const auto keep = [&] {
    if (checkpoint == nullptr) return;
    checkpoint->keep_whole(BuildStep::kCells, [&] { return write_planned_cells(planned); });
  };
  if (planned.places.empty()) {
    planned.basis = fit_basis(sample, queries, rows.dim, options.fitting);
    progress.begin("cluster");
    const auto points = to_places(planned.basis, sample);
    const size_t place_dim = planned.basis.to_places.size() / rows.dim;
    planned.places = cluster(points, place_dim, cell_count, options.iterations, options.seed,
                             options.thread_count);
    const size_t mean_points = std::max<size_t>(4, sample.size() / rows.dim / cell_count);
    split_large_clusters(points, place_dim, kLargestCell * mean_points, options, planned.places);
    keep();
  }
  if (planned.assigned.cells.empty()) {
    progress.begin("assign", rows.row_count);
    ASSIGN_OR_RETURN(planned.assigned, assign_rows(rows, planned.basis, planned.places,
                                                   options.thread_count, progress));
    keep();
  }
  return planned;
}

}  // namespace

void order_cell(std::span<uint32_t> rows, std::span<const float> places, size_t piece_rows) {
  if (rows.size() <= piece_rows) {
    std::sort(rows.begin(), rows.end());
    return;
  }
  size_t widest = 0;
  double most = -1;
  for (size_t c = 0; c < kOrderComponents; ++c) {
    double sum = 0;
    double squares = 0;
    for (const uint32_t row : rows) {
      const double value = places[size_t{row} * kOrderComponents + c];
      sum += value;
      squares += value * value;
    }
    const double spread = squares - sum * sum / static_cast<double>(rows.size());
    if (spread > most) most = spread, widest = c;
  }
  const size_t pieces = (rows.size() + piece_rows - 1) / piece_rows;
  const size_t middle = pieces / 2 * piece_rows;
  std::sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
    const float left = places[size_t{a} * kOrderComponents + widest];
    const float right = places[size_t{b} * kOrderComponents + widest];
    return left != right ? left < right : a < b;
  });
  order_cell(rows.first(middle), places, piece_rows);
  order_cell(rows.subspan(middle), places, piece_rows);
}

Result<EncodedRows> encode_rows(const RowSource& rows, const PagedPlan& plan, HeldOutTruth& truth,
                                unsigned thread_count, Progress& progress) {
  progress.begin("assign", rows.row_count);
  ASSIGN_OR_RETURN(auto assigned,
                   assign_rows(rows, plan.basis, plan.places, thread_count, progress));
  progress.begin("encode", rows.row_count);
  return RowEncoder(rows, plan, truth, thread_count).encode(std::move(assigned.cells), progress);
}

Result<PagedPlan> plan_paged_index(const RowSource& rows, std::span<const float> queries,
                                   const PagedOptions& options, BuildCheckpoint* checkpoint,
                                   Progress& progress) {
  const size_t dim = rows.dim;
  progress.begin("fit codes");
  const size_t cell_count = choose_cell_count(rows.row_count, options);
  const size_t wanted =
      std::max<size_t>(options.sample_rows, options.sample_rows_per_cell * cell_count);
  const auto sample_count = static_cast<uint32_t>(std::min<size_t>(wanted, rows.row_count));
  ASSIGN_OR_RETURN(const auto sample, sample_rows(rows, sample_count));
  const auto split = HeldOutQueries::split(queries, sample, rows.dim);
  ASSIGN_OR_RETURN(auto planned, plan_cells(rows, sample, split.fitting, cell_count, options,
                                            checkpoint, progress));
  auto& [basis, places, assigned] = planned;
  PagedPlan plan;
  plan.basis = std::move(basis);
  const size_t place_dim = plan.basis.to_places.size() / dim;

  std::vector<float> y(sample.size());
  to_components(plan.basis, sample, y);
  std::vector<float> means(assigned.means.size());
  to_components(plan.basis, assigned.means, means);
  std::vector<uint32_t> sample_cells;
  for (uint32_t i = 0; i < sample_count; ++i) {
    sample_cells.push_back(assigned.cells[sample_row(rows, i, sample_count)]);
  }
  // Centroids cannot have more components than are coded, which depends on them.
  auto& codes = plan.basis.codes;
  size_t routed = std::min<size_t>(options.centroid_components, dim);
  do {
    fit_cells(y, sample_cells, means, routed, options.fitting, plan);
    routed = std::min(routed, codes.components());
  } while (routed < plan.directory.centroid_components());
  codes.root_components = static_cast<uint32_t>(std::max(routed, first_components(codes)));
  drop_uncoded_components(codes);
  // A cell ends in half a piece on average.
  const size_t cell_files = places.size() / place_dim * 3 / 2;
  const auto fitting_rows = static_cast<uint32_t>(
      rows.row_count /
          std::max<size_t>(1, options.max_files - std::min<size_t>(options.max_files, cell_files)) +
      1);
  plan.piece_rows = std::max(options.piece_rows, fitting_rows);

  progress.begin("encode", rows.row_count);
  HeldOutTruth truth(split.held_out, rows.dim);
  plan.places = std::move(places);
  RowEncoder encoder(rows, plan, truth, options.thread_count);
  ASSIGN_OR_RETURN(auto encoded, encoder.encode(std::move(assigned.cells), progress));
  const auto spread = measure_spread({sample, sample_cells, assigned.means, rows.dim},
                                     split.fitting, encoded, options.thread_count);
  arrange(std::move(encoded), spread, plan);
  progress.begin("tune");
  RETURN_IF_ERROR(tune_effort(truth, options, plan));
  ASSIGN_OR_RETURN(plan.reach,
                   measure_reach(truth, plan, options.probe_recall, options.thread_count));
  progress.end();
  return plan;
}

Result<std::vector<ObjectRef>> write_cells(const PagedPlan& plan, uint32_t first_ordinal,
                                           const RecordOf& record_of, FacetWriter* facets,
                                           BundleWriter& writer, Progress& progress) {
  const size_t row_bytes = plan.basis.codes.row_bytes();
  const size_t first_bytes = plan.basis.codes.first_bytes();
  const auto& first_row = plan.directory.first_row;
  std::vector<ObjectRef> cells;
  progress.begin("cells", plan.source_rows.size());
  for (size_t number = 0; number + 1 < first_row.size(); ++number) {
    const uint32_t first = first_row[number];
    const uint32_t end = first_row[number + 1];
    Cell cell;
    cell.row_count = end - first;
    cell.codes = grouped_codes(plan, first, cell.row_count);
    if (facets != nullptr) cell.facets = facets->of_rows(first, cell.row_count);
    for (uint32_t start = first; start < end; start += plan.piece_rows) {
      CellPiece piece;
      for (uint32_t row = start; row < std::min(end, start + plan.piece_rows); ++row) {
        const auto code = std::span(plan.codes).subspan(row * row_bytes, row_bytes);
        piece.codes.insert(piece.codes.end(), code.begin() + static_cast<ptrdiff_t>(first_bytes),
                           code.end());
        ASSIGN_OR_RETURN(auto record, record_of(plan.source_rows[row]));
        const PixelBox whole{0, 0, std::max(1u, record.width_px), std::max(1u, record.height_px)};
        piece.views.push_back({first_ordinal + row, {ViewKind::kWhole, whole}});
        piece.records.push_back(std::move(record));
      }
      ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kPiece, write_cell_piece(piece)));
      cell.pieces.push_back({start - first, ref});
      if (facets != nullptr) {
        facets->add_piece({start, static_cast<uint32_t>(piece.row_count()), ref});
      }
    }
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kCell, write_cell(cell)));
    cells.push_back(ref);
    progress.add(cell.row_count);
  }
  return cells;
}

Result<PagedParts> write_paged_index(const PagedPlan& plan, const RecordOf& record_of,
                                     FacetWriter facets, BundleWriter& writer, Progress& progress) {
  const auto& codes = plan.basis.codes;
  PagedParts parts;
  IndexInfo& info = parts.index;
  info.layout = IndexLayout::kPaged;
  info.row_count = static_cast<uint32_t>(plan.source_rows.size());
  info.dim = static_cast<uint32_t>(codes.dim());
  info.code_parameters = write_query_aware_codes(codes);
  info.cells = plan.directory;
  if (const auto rest = write_transform_rest(codes); !rest.empty()) {
    ASSIGN_OR_RETURN(info.cells.transform_rest, writer.add_payload(ObjectKind::kTransform, rest));
  }
  ASSIGN_OR_RETURN(info.cells.cells, write_cells(plan, 0, record_of, &facets, writer, progress));
  ASSIGN_OR_RETURN(parts.facets, facets.finish(codes, plan.codes, plan.reach, info.cells, writer));
  return parts;
}

}  // namespace sightline
