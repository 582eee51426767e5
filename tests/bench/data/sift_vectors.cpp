// Writes the 5,000 SIFT vectors of shared/assets in the layout of simulate_vectors: every tenth is
// a query ("image_queries.npy"), the others are the base; all scaled to unit length.
//
//   sift_vectors --out DIR

#include <cstring>
#include <filesystem>
#include <string>

#include "tests/bench/data/ground_truth.h"
#include "tests/native/vectors/clustered_vectors.h"

int main(int argc, char** argv) {
  using namespace sightline::bench;
  if (argc != 3 || std::strcmp(argv[1], "--out") != 0) fail("usage: sift_vectors --out DIR");
  const std::string folder = argv[2];
  std::filesystem::create_directories(folder);
  Vectors all = read_tsv(SIGHTLINE_SHARED_DIR "/assets/vectors/sift5k/sift-dataset-5k.tsv", 128);
  Vectors base{0, all.dim, {}}, queries{0, all.dim, {}};
  for (uint32_t i = 0; i < all.rows; ++i) {
    sightline::testing::scale_to_unit(all.row(i));
    Vectors& out = i % 10 == 0 ? queries : base;
    out.values.insert(out.values.end(), all.row(i).begin(), all.row(i).end());
    ++out.rows;
  }
  GroundTruth truth(queries, 10);
  truth.add(base.values, 0);
  write_npy(folder + "/base.npy", NpyWriter::Type::kFloat32, base);
  write_npy(folder + "/image_queries.npy", NpyWriter::Type::kFloat32, queries);
  write_npy(folder + "/truth_image_10.npy", truth.take());
}
