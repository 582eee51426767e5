#include "indexer/index/kept_plan.h"

#include <string>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"

namespace sightline {
namespace {

// Each calls part(value) for every number and array, for writing and for reading. The largest is
// the last, so that it is copied once.
template <class Basis, class Part>
void for_each_part_of_basis(Basis& basis, Part& part) {
  auto& codes = basis.codes;
  part(codes.mean);
  part(codes.scale);
  part(codes.transform);
  part(codes.step);
  part(codes.digits);
  part(codes.first_digits);
  part(codes.root_components);
  part(basis.to_components);
  part(basis.to_places);
}

template <class Planned, class Part>
void for_each_part_of_cells(Planned& planned, Part& part) {
  for_each_part_of_basis(planned.basis, part);
  part(planned.places);
  part(planned.assigned.means);
  part(planned.assigned.cells);
}

template <class Plan, class Part>
void for_each_part_of_plan(Plan& plan, Part& part) {
  for_each_part_of_basis(plan.basis, part);
  auto& directory = plan.directory;
  part(directory.probe_cells);
  part(directory.probe_depth);
  part(directory.first_rows);
  part(directory.settled_rows);
  part(directory.spread_weight);
  part(directory.centroid_scale);
  part(directory.centroids);
  part(directory.spread);
  part(directory.first_row);
  part(plan.source_rows);
  part(plan.places);
  part(plan.piece_rows);
  part(plan.reach);
  part(plan.quality.queries);
  part(plan.quality.recall_at_10);
  part(plan.quality.first_recall);
  part(plan.codes);
}

struct PartWriter {
  ByteWriter writer;

  template <class T>
  void operator()(const T& number) {
    writer.write(number);
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    writer.write(uint64_t{values.size()});
    writer.write_array(std::span(values));
  }
};

struct PartReader {
  ByteReader reader;

  template <class T>
  void operator()(T& number) {
    number = reader.read<T>();
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    values = reader.read_array<T>(reader.read<uint64_t>());
  }
  bool is_whole() const { return reader.ok() && reader.remaining() == 0; }
};

Error no_plan_of(uint32_t row_count) {
  return corrupt("checkpoint: it holds no plan of " + std::to_string(row_count) + " rows");
}

}  // namespace

std::vector<uint8_t> write_plan(const PagedPlan& plan) {
  PartWriter parts;
  for_each_part_of_plan(plan, parts);
  return std::move(parts.writer).take();
}

Result<PagedPlan> read_plan(std::span<const uint8_t> payload, uint32_t row_count) {
  PartReader parts{ByteReader(payload)};
  PagedPlan plan;
  for_each_part_of_plan(plan, parts);
  if (!parts.is_whole() || plan.source_rows.size() != row_count || plan.piece_rows == 0 ||
      plan.codes.size() != row_count * plan.basis.codes.row_bytes()) {
    return no_plan_of(row_count);
  }
  return plan;
}

std::vector<uint8_t> write_planned_cells(const PlannedCells& planned) {
  PartWriter parts;
  for_each_part_of_cells(planned, parts);
  return std::move(parts.writer).take();
}

Result<PlannedCells> read_planned_cells(std::span<const uint8_t> payload, uint32_t row_count) {
  PartReader parts{ByteReader(payload)};
  PlannedCells planned;
  for_each_part_of_cells(planned, parts);
  const size_t assigned = planned.assigned.cells.size();
  if (!parts.is_whole() || planned.places.empty() || (assigned != 0 && assigned != row_count)) {
    return no_plan_of(row_count);
  }
  return planned;
}

}  // namespace sightline
