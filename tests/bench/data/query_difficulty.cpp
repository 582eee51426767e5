// Says how much harder text queries are than image queries on a collection: the share of plain
// k-means cells to open for the true top 10, one JSON object a line.
//
//   query_difficulty --images FILE.npy --texts FILE.npy [--cells 80] [--held-out 10]
//
// Every tenth image is a query and not in the index.

#include <map>

#include "tests/bench/data/ground_truth.h"
#include "tests/bench/data/plain_cells.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kTopK = 10;

void append(Vectors& rows, std::span<const float> row) {
  rows.values.insert(rows.values.end(), row.begin(), row.end());
  ++rows.rows;
}

void measure(const std::string& kind, const PlainCells& cells, const Vectors& base,
             const Vectors& queries) {
  GroundTruth truth(queries, kTopK);
  truth.add(base.values, 0);
  print_opened(kind, cells, queries, truth.take());
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {
      {"--images", ""}, {"--texts", ""}, {"--cells", "80"}, {"--held-out", "10"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  const auto images = read_npy(options["--images"]);
  const auto every = static_cast<uint32_t>(std::stoul(options["--held-out"]));
  Vectors base{0, images.dim, {}};
  Vectors held_out{0, images.dim, {}};
  for (uint32_t i = 0; i < images.rows; ++i)
    append(i % every == 0 ? held_out : base, images.row(i));
  const PlainCells cells(base, static_cast<uint32_t>(std::stoul(options["--cells"])));
  measure("text", cells, base, read_npy(options["--texts"]));
  measure("image", cells, base, held_out);
}
