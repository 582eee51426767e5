#include "indexer/publish/paged_index_builder.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "indexer/base/parallel.h"
#include "indexer/publish/clustering.h"
#include "indexer/publish/matrix.h"
#include "indexer/publish/paged_tuning.h"
#include "native/bundle/cells.h"
#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

constexpr uint32_t kBlockRows = 2048;
// Components that decide which rows lie together within a cell.
constexpr uint32_t kOrderComponents = 16;
// A cell may hold so many times the rows aimed at before it is split.
constexpr size_t kLargestCell = 2;

// Rows spread evenly over the source.
Result<std::vector<float>> sample_rows(const RowSource& rows, uint32_t count) {
  count = std::min(count, rows.row_count);
  std::vector<float> sample(size_t{count} * rows.dim);
  for (uint32_t i = 0; i < count; ++i) {
    const auto row = static_cast<uint32_t>(uint64_t{i} * rows.row_count / count);
    RETURN_IF_ERROR(rows.read(row, 1, std::span(sample).subspan(size_t{i} * rows.dim, rows.dim)));
  }
  return sample;
}

// The first `kept` values of every row.
std::vector<float> first_columns(std::span<const float> rows, size_t dim, size_t kept) {
  std::vector<float> result;
  result.reserve(rows.size() / dim * kept);
  for (size_t start = 0; start < rows.size(); start += dim) {
    const auto row = rows.subspan(start, kept);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
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

// The means of the points of each cluster; zeros where it has none: [clusters, dim].
std::vector<float> means_of(std::span<const float> points, size_t dim,
                            std::span<const uint32_t> clusters, size_t cluster_count) {
  std::vector<double> sums(cluster_count * dim);
  std::vector<uint32_t> counts(cluster_count);
  for (size_t p = 0; p < clusters.size(); ++p) {
    ++counts[clusters[p]];
    for (size_t i = 0; i < dim; ++i) sums[clusters[p] * dim + i] += points[p * dim + i];
  }
  std::vector<float> means;
  for (size_t i = 0; i < sums.size(); ++i) {
    means.push_back(static_cast<float>(sums[i] / std::max(1u, counts[i / dim])));
  }
  return means;
}

// Centroids as int8 with a scale for each component.
void quantise_centroids(std::span<const float> centroids, size_t components,
                        CellDirectory& directory) {
  directory.centroid_scale.assign(components, 0);
  for (size_t i = 0; i < centroids.size(); ++i) {
    float& scale = directory.centroid_scale[i % components];
    scale = std::max(scale, std::abs(centroids[i]) / 127);
  }
  directory.centroids.clear();
  for (size_t i = 0; i < centroids.size(); ++i) {
    const float scale = directory.centroid_scale[i % components];
    directory.centroids.push_back(
        static_cast<int8_t>(scale > 0 ? std::lround(centroids[i] / scale) : 0));
  }
}

std::vector<float> decoded_centroids(const CellDirectory& directory) {
  std::vector<float> result;
  const size_t components = directory.centroid_components();
  for (size_t i = 0; i < directory.centroids.size(); ++i) {
    result.push_back(directory.centroid_scale[i % components] * directory.centroids[i]);
  }
  return result;
}

// y minus the centroid's components, in place.
void subtract(std::span<float> y, std::span<const float> centroid) {
  for (size_t c = 0; c < centroid.size(); ++c) y[c] -= centroid[c];
}

// The rows of a cell such that similar ones lie together: halves it along the component that
// spreads most until a part fits a piece. places: [rows, kOrderComponents].
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

// What one pass over all rows yields, in the source's order.
struct EncodedRows {
  std::vector<uint32_t> cells;    // [rows]
  std::vector<uint8_t> codes;     // [rows, row_bytes]
  std::vector<float> places;      // [rows, kOrderComponents], relative to the cell
  std::vector<double> residuals;  // [cells]: sums of squared distances from the centroid
};

class RowEncoder {
 public:
  // places: where the cells' centroids are, [cells, cluster components].
  RowEncoder(const RowSource& rows, const PagedPlan& plan, std::span<const float> places,
             HeldOutTruth& truth, const PagedOptions& options)
      : rows_(rows),
        plan_(plan),
        places_(places),
        truth_(truth),
        options_(options),
        centroids_(decoded_centroids(plan.directory)) {}

  Result<EncodedRows> encode(Progress& progress) {
    encoded_.cells.resize(rows_.row_count);
    encoded_.codes.resize(size_t{rows_.row_count} * plan_.basis.codes.row_bytes());
    encoded_.places.resize(size_t{rows_.row_count} * kOrderComponents);
    std::vector<float> distances(rows_.row_count);
    const size_t blocks = (rows_.row_count + kBlockRows - 1) / kBlockRows;
    std::vector<Result<void>> results(blocks);
    parallel_for(blocks, options_.thread_count, [&](size_t block) {
      results[block] = encode_block(static_cast<uint32_t>(block) * kBlockRows, distances);
      progress.add(std::min<size_t>(kBlockRows, rows_.row_count - block * kBlockRows));
    });
    for (const auto& result : results) RETURN_IF_ERROR(result);
    encoded_.residuals.resize(plan_.directory.centroids.size() /
                              plan_.directory.centroid_components());
    for (uint32_t row = 0; row < rows_.row_count; ++row) {
      encoded_.residuals[encoded_.cells[row]] += distances[row];
    }
    return std::move(encoded_);
  }

 private:
  Result<void> encode_block(uint32_t first, std::span<float> distances) {
    const uint32_t count = std::min(kBlockRows, rows_.row_count - first);
    const auto& codes = plan_.basis.codes;
    const size_t dim = rows_.dim;
    const size_t routed = plan_.directory.centroid_components();
    std::vector<float> rows(count * dim);
    RETURN_IF_ERROR(rows_.read(first, count, rows));
    truth_.offer(first, rows);
    std::vector<float> y(count * dim);
    to_components(plan_.basis, rows, y);
    const auto nearest = nearest_centroids(to_places(plan_.basis, rows), places_,
                                           plan_.basis.to_places.size() / dim, 1);
    for (uint32_t i = 0; i < count; ++i) {
      const auto row = std::span(y).subspan(i * dim, dim);
      subtract(row, std::span(centroids_).subspan(nearest[i] * routed, routed));
      encode_components(codes, row.first(codes.components()),
                        std::span(encoded_.codes)
                            .subspan(size_t{first + i} * codes.row_bytes(), codes.row_bytes()));
      encoded_.cells[first + i] = nearest[i];
      std::copy_n(row.begin(), std::min<size_t>(kOrderComponents, dim),
                  encoded_.places.begin() + ptrdiff_t{first + i} * kOrderComponents);
      float sum = 0;
      for (const float value : row) sum += value * value;
      distances[first + i] = sum;
    }
    return {};
  }

  const RowSource& rows_;
  const PagedPlan& plan_;
  const std::span<const float> places_;
  HeldOutTruth& truth_;
  const PagedOptions& options_;
  const std::vector<float> centroids_;
  EncodedRows encoded_;
};

// Leaves out empty cells and sorts the rows by cell.
void arrange(EncodedRows encoded, PagedPlan& plan) {
  CellDirectory& directory = plan.directory;
  const size_t components = directory.centroid_components();
  const size_t row_bytes = plan.basis.codes.row_bytes();
  std::vector<std::vector<uint32_t>> members(encoded.residuals.size());
  for (uint32_t row = 0; row < encoded.cells.size(); ++row) {
    members[encoded.cells[row]].push_back(row);
  }
  std::vector<int8_t> centroids;
  directory.first_row = {0};
  for (size_t cell = 0; cell < members.size(); ++cell) {
    auto& rows = members[cell];
    if (rows.empty()) continue;
    order_cell(rows, encoded.places, plan.piece_rows);
    plan.source_rows.insert(plan.source_rows.end(), rows.begin(), rows.end());
    directory.first_row.push_back(static_cast<uint32_t>(plan.source_rows.size()));
    directory.spread.push_back(
        static_cast<float>(std::sqrt(encoded.residuals[cell] / static_cast<double>(rows.size()))));
    const auto centroid = std::span(directory.centroids).subspan(cell * components, components);
    centroids.insert(centroids.end(), centroid.begin(), centroid.end());
  }
  directory.centroids = std::move(centroids);
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
// rows, nearest: their cells.
void fit_cells(std::span<const float> y, std::span<const uint32_t> nearest, size_t cell_count,
               size_t routed, const CodeFitting& fitting, PagedPlan& plan) {
  const size_t dim = y.size() / nearest.size();
  quantise_centroids(means_of(first_columns(y, dim, routed), routed, nearest, cell_count), routed,
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

}  // namespace

Result<PagedPlan> plan_paged_index(const RowSource& rows, std::span<const float> queries,
                                   const PagedOptions& options, Progress& progress) {
  const size_t dim = rows.dim;
  progress.begin("fit codes");
  ASSIGN_OR_RETURN(const auto sample, sample_rows(rows, options.sample_rows));
  const auto split = HeldOutQueries::split(queries, sample, rows.dim);
  PagedPlan plan;
  plan.basis = fit_basis(sample, split.fitting, rows.dim, options.fitting);

  std::vector<float> y(sample.size());
  to_components(plan.basis, sample, y);
  progress.begin("cluster");
  const auto points = to_places(plan.basis, sample);
  const size_t place_dim = plan.basis.to_places.size() / dim;
  const size_t cell_count = choose_cell_count(rows.row_count, options);
  auto places = cluster(points, place_dim, cell_count, options.iterations, options.seed,
                        options.thread_count);
  const size_t mean_points = std::max<size_t>(4, sample.size() / dim / cell_count);
  split_large_clusters(points, place_dim, kLargestCell * mean_points, options, places);
  const auto nearest = nearest_centroids(points, places, place_dim, options.thread_count);
  // Centroids cannot have more components than the first tier codes, which depends on them.
  size_t routed = std::min<size_t>(options.centroid_components, dim);
  do {
    fit_cells(y, nearest, places.size() / place_dim, routed, options.fitting, plan);
    routed = first_components(plan.basis.codes);
  } while (routed < plan.directory.centroid_components());
  drop_uncoded_components(plan.basis.codes);
  // A cell ends in half a piece on average.
  const size_t cell_files = places.size() / place_dim * 3 / 2;
  const auto fitting_rows = static_cast<uint32_t>(
      rows.row_count /
          std::max<size_t>(1, options.max_files - std::min<size_t>(options.max_files, cell_files)) +
      1);
  plan.piece_rows = std::max(options.piece_rows, fitting_rows);

  progress.begin("encode", rows.row_count);
  HeldOutTruth truth(split.held_out, rows.dim);
  RowEncoder encoder(rows, plan, places, truth, options);
  ASSIGN_OR_RETURN(auto encoded, encoder.encode(progress));
  arrange(std::move(encoded), plan);
  progress.begin("tune");
  RETURN_IF_ERROR(tune_effort(truth, options, plan));
  ASSIGN_OR_RETURN(plan.reach,
                   measure_reach(truth, plan, options.probe_recall, options.thread_count));
  progress.end();
  return plan;
}

Result<PagedParts> write_paged_index(
    PagedPlan plan, const std::function<Result<ImageRecord>(uint32_t source_row)>& record_of,
    FacetWriter facets, BundleWriter& writer, Progress& progress) {
  const auto& codes = plan.basis.codes;
  const size_t row_bytes = codes.row_bytes();
  const size_t first_bytes = codes.first_bytes();
  PagedParts parts;
  IndexInfo& info = parts.index;
  info.layout = IndexLayout::kPaged;
  info.row_count = static_cast<uint32_t>(plan.source_rows.size());
  info.dim = static_cast<uint32_t>(codes.dim());
  info.code_parameters = write_query_aware_codes(codes);
  info.cells = std::move(plan.directory);
  if (const auto rest = write_transform_rest(codes); !rest.empty()) {
    ASSIGN_OR_RETURN(info.cells.transform_rest, writer.add_payload(ObjectKind::kTransform, rest));
  }
  progress.begin("cells", info.row_count);
  for (size_t number = 0; number + 1 < info.cells.first_row.size(); ++number) {
    const uint32_t first = info.cells.first_row[number];
    const uint32_t end = info.cells.first_row[number + 1];
    Cell cell;
    cell.row_count = end - first;
    cell.codes = grouped_codes(plan, first, cell.row_count);
    cell.facets = facets.of_rows(first, cell.row_count);
    for (uint32_t start = first; start < end; start += plan.piece_rows) {
      CellPiece piece;
      for (uint32_t row = start; row < std::min(end, start + plan.piece_rows); ++row) {
        const auto code = std::span(plan.codes).subspan(row * row_bytes, row_bytes);
        piece.codes.insert(piece.codes.end(), code.begin() + static_cast<ptrdiff_t>(first_bytes),
                           code.end());
        ASSIGN_OR_RETURN(auto record, record_of(plan.source_rows[row]));
        const PixelBox whole{0, 0, std::max(1u, record.width_px), std::max(1u, record.height_px)};
        piece.views.push_back({row, {ViewKind::kWhole, whole}});
        piece.records.push_back(std::move(record));
      }
      ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kPiece, write_cell_piece(piece)));
      cell.pieces.push_back({start - first, ref});
      facets.add_piece({start, static_cast<uint32_t>(piece.row_count()), ref});
    }
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kCell, write_cell(cell)));
    info.cells.cells.push_back(ref);
    progress.add(cell.row_count);
  }
  ASSIGN_OR_RETURN(parts.facets,
                   facets.finish(codes, plan.codes, std::move(plan.reach), info.cells, writer));
  return parts;
}

}  // namespace sightline
