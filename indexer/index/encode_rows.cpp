#include "indexer/index/encode_rows.h"

#include <algorithm>
#include <mutex>

#include "indexer/index/cell_codes.h"
#include "indexer/index/clustering.h"
#include "indexer/index/index_plan.h"
#include "indexer/index/paged_tuning.h"

namespace sightline {
namespace {

// Values of rows are below 1: sums of 2^32 of them fit 64 bits.
constexpr double kFixedPoint = 1u << 30;

class RowEncoder {
 public:
  RowEncoder(const RowSource& rows, std::vector<uint32_t> cells, const PagedPlan& plan,
             HeldOutTruth& truth)
      : plan_(plan),
        truth_(truth),
        centroids_(decoded_centroids(plan.directory)),
        distances_(rows.row_count) {
    encoded_.cells = std::move(cells);
    encoded_.codes.resize(size_t{rows.row_count} * plan.basis.codes.row_bytes());
    encoded_.places.resize(size_t{rows.row_count} * kOrderComponents);
  }

  // Blocks may be encoded at the same time.
  void encode_block(uint32_t first, std::span<const float> rows) {
    const auto& codes = plan_.basis.codes;
    const size_t dim = codes.dim();
    const size_t routed = plan_.directory.centroid_components();
    truth_.offer(first, rows);
    std::vector<float> y(rows.size());
    to_components(plan_.basis, rows, y);
    for (uint32_t i = 0; i < rows.size() / dim; ++i) {
      const auto row = std::span(y).subspan(i * dim, dim);
      subtract_centroid(row,
                        std::span(centroids_).subspan(encoded_.cells[first + i] * routed, routed));
      encode_components(codes, row.first(codes.components()),
                        std::span(encoded_.codes)
                            .subspan(size_t{first + i} * codes.row_bytes(), codes.row_bytes()));
      std::copy_n(row.begin(), std::min<size_t>(kOrderComponents, dim),
                  encoded_.places.begin() + ptrdiff_t{first + i} * kOrderComponents);
      float sum = 0;
      for (const float value : row) sum += value * value;
      distances_[first + i] = sum;
    }
  }

  EncodedRows finish() && {
    encoded_.residuals.resize(plan_.directory.centroids.size() /
                              plan_.directory.centroid_components());
    for (size_t row = 0; row < distances_.size(); ++row) {
      encoded_.residuals[encoded_.cells[row]] += distances_[row];
    }
    return std::move(encoded_);
  }

 private:
  const PagedPlan& plan_;
  HeldOutTruth& truth_;
  const std::vector<float> centroids_;
  std::vector<float> distances_;  // [rows], squared, from the centroid
  EncodedRows encoded_;
};

}  // namespace

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
  progress.begin("assign", rows.row_count);
  RETURN_IF_ERROR(for_blocks(rows, thread_count, [&](uint32_t first, auto values) {
    const auto nearest = nearest_centroids(to_places(basis, values), places, place_dim, 1);
    std::copy(nearest.begin(), nearest.end(), assigned.cells.begin() + first);
    progress.add(nearest.size());
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

Result<EncodedRows> encode_assigned(const RowSource& rows, std::vector<uint32_t> cells,
                                    const PagedPlan& plan, HeldOutTruth& truth,
                                    unsigned thread_count, Progress& progress) {
  RowEncoder encoder(rows, std::move(cells), plan, truth);
  progress.begin("encode", rows.row_count);
  RETURN_IF_ERROR(for_blocks(rows, thread_count, [&](uint32_t first, auto values) {
    encoder.encode_block(first, values);
    progress.add(values.size() / rows.dim);
  }));
  return std::move(encoder).finish();
}

Result<EncodedRows> encode_rows(const RowSource& rows, const PagedPlan& plan, HeldOutTruth& truth,
                                unsigned thread_count, Progress& progress) {
  ASSIGN_OR_RETURN(auto assigned,
                   assign_rows(rows, plan.basis, plan.places, thread_count, progress));
  return encode_assigned(rows, std::move(assigned.cells), plan, truth, thread_count, progress);
}

}  // namespace sightline
