// hnswlib's search and ours, over one graph: it is built once, by whichever comes first.
#include <algorithm>
#include <memory>

#include "native/vectors/codes.h"
#include "native/vectors/hnsw_search.h"
#include "tests/bench/native/bench_method.h"
#include "tests/bench/native/hnswlib_index.h"

namespace sightline::bench {
namespace {

std::shared_ptr<HnswlibIndex> shared_graph(const Vectors& base) {
  static std::shared_ptr<HnswlibIndex> index;
  if (!index) index = std::make_shared<HnswlibIndex>(base.values, base.dim);
  return index;
}

class HnswlibMethod : public BenchIndex {
 public:
  explicit HnswlibMethod(const Vectors& base) : index_(shared_graph(base)) {}

  uint64_t stored_bytes() const override { return index_->stored_bytes(); }
  std::string effort_name() const override { return "efSearch"; }
  std::vector<uint32_t> efforts() const override { return kEfSearchSteps; }
  void set_effort(uint32_t effort) override { index_->set_ef_search(effort); }
  void search(std::span<const float> query, std::span<uint32_t> nearest) override {
    index_->search(query.data(), nearest);
  }

 private:
  std::shared_ptr<HnswlibIndex> index_;
};

// The codes of the bundle, 8 + 4 bits a dimension, as `sightline build` stores them.
class SightlineGraphMethod : public BenchIndex {
 public:
  explicit SightlineGraphMethod(const Vectors& base)
      : parameters_(fit_codes(base.values, base.dim)),
        codes_(base.values.size()),
        refinement_(base.rows * refinement_bytes(base.dim)),
        table_{codes_, base.rows, base.dim, refinement_} {
    const auto graph = shared_graph(base)->copy_graph();
    graph_bytes_ = write_graph(graph);
    auto parsed = HnswGraph::parse(graph_bytes_, base.rows);
    if (!parsed) fail(parsed.error().message);
    graph_ = std::move(parsed).value();
    const size_t row_refinement = refinement_bytes(base.dim);
    for (uint32_t row = 0; row < base.rows; ++row) {
      encode_row(parameters_, base.row(row),
                 std::span(codes_).subspan(size_t{row} * base.dim, base.dim),
                 std::span(refinement_).subspan(row * row_refinement, row_refinement));
    }
  }

  uint64_t stored_bytes() const override {
    return codes_.size() + refinement_.size() + graph_bytes_.size() +
           parameters_.dim() * 2 * sizeof(float);
  }
  std::string effort_name() const override { return "efSearch"; }
  std::vector<uint32_t> efforts() const override { return kEfSearchSteps; }
  void set_effort(uint32_t effort) override { ef_search_ = effort; }
  void search(std::span<const float> query, std::span<uint32_t> nearest) override {
    const auto code = encode_query(parameters_, query);
    if (!code) fail(code.error().message);
    const auto found =
        search_hnsw(graph_, table_, code.value(), nearest.size(), ef_search_, scratch_);
    std::transform(found.begin(), found.end(), nearest.begin(),
                   [](const Neighbor& neighbor) { return neighbor.ordinal; });
  }

 private:
  CodeParameters parameters_;
  std::vector<int8_t> codes_;
  std::vector<uint8_t> refinement_;
  CodeTable table_;
  std::vector<uint8_t> graph_bytes_;
  HnswGraph graph_;
  SearchScratch scratch_;
  uint32_t ef_search_ = 50;
};

}  // namespace

void add_hnswlib_methods(std::vector<BenchMethod>& methods) {
  methods.push_back(
      {"hnswlib", [](const Vectors& base) { return std::make_unique<HnswlibMethod>(base); }});
}

void add_sightline_methods(std::vector<BenchMethod>& methods) {
  methods.push_back({"sightline graph", [](const Vectors& base) {
                       return std::make_unique<SightlineGraphMethod>(base);
                     }});
}

}  // namespace sightline::bench
