#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// What a code makes of the rows it stands for.
struct CodedRows {
  std::string name;         // "PQ, 64 × 8 bits"
  double row_bytes = 0;     // of one row, factors included; what all rows share apart
  std::vector<float> rows;  // [n, dim]: what stands for each row in an inner product
};

// Cells that all codes are relative to: k-means on the rows themselves.
struct PlainCells {
  std::vector<float> centroids;   // [cells, dim]
  std::vector<uint32_t> nearest;  // [n]
};
PlainCells plain_cells(const Vectors& base, uint32_t cell_count);

// Signs of the offset from the centroid after a random rotation, with the factor that makes the
// inner product unbiased (RaBitQ: Gao and Long, SIGMOD 2024); with more bits, the levels nearest in
// direction (extended RaBitQ: Gao et al., 2024), of which the scale is searched. The query is not
// rounded.
CodedRows rabitq_rows(const Vectors& base, const PlainCells& cells, uint32_t bits);

// A product quantiser of the offsets, 8 bits for each of `parts` parts (Jegou et al., 2011).
CodedRows pq_rows(const Vectors& base, const PlainCells& cells, uint32_t parts);

// Even steps between the least and the largest value of a dimension, as Faiss's SQ8 and SQ4.
CodedRows scalar_rows(const Vectors& base, uint32_t bits);

}  // namespace sightline::bench
