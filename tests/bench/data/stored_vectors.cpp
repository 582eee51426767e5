// Writes stored vectors in the layout of simulate_vectors, all scaled to unit length: every tenth
// image is a query ("image_queries.npy"), the others are the base; every other text is a query, the
// others are to fit query statistics to.
//
//   stored_vectors --out DIR                                        the real CLIP vectors of
//   shared/assets stored_vectors --out DIR --images FILE.npy --texts FILE.npy

#include <filesystem>
#include <map>
#include <string>

#include "tests/bench/data/clip_simulator.h"
#include "tests/bench/data/ground_truth.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

void append_unit(Vectors& rows, std::span<const float> row) {
  rows.values.insert(rows.values.end(), row.begin(), row.end());
  testing::scale_to_unit(rows.row(rows.rows));
  ++rows.rows;
}

// Every n-th row, and the others.
std::pair<Vectors, Vectors> split(const Vectors& all, uint32_t every) {
  Vectors chosen{0, all.dim, {}}, others{0, all.dim, {}};
  for (uint32_t i = 0; i < all.rows; ++i) append_unit(i % every == 0 ? chosen : others, all.row(i));
  return {std::move(chosen), std::move(others)};
}

void write(const std::string& folder, const Vectors& images, const Vectors& texts) {
  if (images.dim != texts.dim) fail("images and texts are of different dimensions");
  // Not a structured binding: Clang 14 lets no lambda capture one.
  const auto split_images = split(images, 10);
  const Vectors& base = split_images.second;
  const auto [text_queries, training_texts] = split(texts, 2);
  const auto type = NpyWriter::Type::kFloat32;
  write_npy(folder + "/base.npy", type, base);
  write_npy(folder + "/text_queries_train.npy", type, training_texts);
  const auto write_queries = [&](const std::string& name, const Vectors& queries) {
    write_npy(folder + "/" + name + "_queries.npy", type, queries);
    GroundTruth truth(queries, 10);
    truth.add(base.values, 0);
    write_npy(folder + "/truth_" + name + "_10.npy", truth.take());
  };
  write_queries("text", text_queries);
  write_queries("image", split_images.first);
}

}  // namespace
}  // namespace sightline::bench

int main(int argc, char** argv) {
  using namespace sightline::bench;
  std::map<std::string, std::string> options = {{"--out", ""}, {"--images", ""}, {"--texts", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.contains(argv[i])) fail(std::string("unknown: ") + argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  if (options["--out"].empty() || options["--images"].empty() != options["--texts"].empty()) {
    fail("usage: stored_vectors --out DIR [--images FILE.npy --texts FILE.npy]");
  }
  std::filesystem::create_directories(options["--out"]);
  if (options["--images"].empty()) {
    const auto real = read_real_vectors(SIGHTLINE_SHARED_DIR "/assets/vectors");
    write(options["--out"], real.images, real.texts);
  } else {
    write(options["--out"], read_npy(options["--images"]), read_npy(options["--texts"]));
  }
}
