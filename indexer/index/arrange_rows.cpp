#include "indexer/index/arrange_rows.h"

#include <algorithm>

namespace sightline {

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

void arrange_rows(EncodedRows encoded, std::span<const float> spread, PagedPlan& plan) {
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

}  // namespace sightline
