#pragma once

#include <cstdint>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// What later builds added to a paged index and took from it (FORMAT.md, section 4.8). Its cells
// stay as they are: added rows follow them, gathered in objects that each hold rows of a few
// neighbouring cells.
struct CellDeltas {
  // One build's rows, [first row, first row + row_count), in order.
  struct Generation {
    uint32_t row_count = 0;
    ObjectParts columns;    // of these rows alone
    ObjectParts image_ids;  // ordinals count from the first of these rows
  };
  // Rows next to each other that belong to one cell.
  struct Run {
    uint32_t cell = 0;
    uint32_t row_count = 0;
  };
  // An object of kind kCell with the rows of its runs.
  struct Delta {
    ObjectRef ref;
    std::vector<Run> runs;

    uint32_t row_count() const;
  };

  std::vector<Generation> generations;
  std::vector<Delta> deltas;
  std::vector<uint32_t> removed;  // rows that are no longer there, ascending

  bool empty() const { return generations.empty() && deltas.empty() && removed.empty(); }
  uint32_t row_count() const;
};

std::vector<uint8_t> write_cell_deltas(const CellDeltas& deltas);
Result<CellDeltas> read_cell_deltas(ByteReader& reader);

// What only root and index together show: base_rows are the rows of the cells.
Result<void> check_cell_deltas(const CellDeltas& deltas, uint64_t base_rows, size_t cell_count);

}  // namespace sightline
