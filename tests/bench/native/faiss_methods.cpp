#include <algorithm>

#include <faiss/AutoTune.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <omp.h>

#include "tests/bench/native/bench_method.h"

namespace sightline::bench {
namespace {

struct ByteCounter : faiss::IOWriter {
  uint64_t bytes = 0;
  size_t operator()(const void*, size_t size, size_t count) override {
    bytes += size * count;
    return count;
  }
};

// Any index that Faiss can make from a description; training and search on one thread.
class FaissIndex : public BenchIndex {
 public:
  FaissIndex(const Vectors& base, const std::string& description, std::string effort_name,
             std::vector<uint32_t> efforts, uint32_t refine_factor)
      : effort_name_(std::move(effort_name)), efforts_(std::move(efforts)) {
    omp_set_num_threads(1);
    index_.reset(faiss::index_factory(static_cast<int>(base.dim), description.c_str(),
                                      faiss::METRIC_INNER_PRODUCT));
    index_->train(base.rows, base.values.data());
    index_->add(base.rows, base.values.data());
    if (refine_factor > 0) {
      faiss::ParameterSpace().set_index_parameter(index_.get(), "k_factor_rf", refine_factor);
    }
  }

  uint64_t stored_bytes() const override {
    ByteCounter counter;
    faiss::write_index(index_.get(), &counter);
    return counter.bytes;
  }
  std::string effort_name() const override { return effort_name_; }
  std::vector<uint32_t> efforts() const override { return efforts_; }
  void set_effort(uint32_t effort) override {
    faiss::ParameterSpace().set_index_parameter(index_.get(), effort_name_, effort);
  }
  void search(std::span<const float> query, std::span<uint32_t> nearest) override {
    distances_.resize(nearest.size());
    labels_.resize(nearest.size());
    index_->search(1, query.data(), static_cast<faiss::Index::idx_t>(nearest.size()),
                   distances_.data(), labels_.data());
    std::transform(labels_.begin(), labels_.end(), nearest.begin(),
                   [](auto label) { return static_cast<uint32_t>(label); });
  }

 private:
  std::string effort_name_;
  std::vector<uint32_t> efforts_;
  std::unique_ptr<faiss::Index> index_;
  std::vector<float> distances_;
  std::vector<faiss::Index::idx_t> labels_;
};

// Faiss's own advice: 4 to 16 times the square root of the rows.
uint32_t list_count(uint32_t rows) {
  uint32_t lists = 32;
  while (uint64_t{lists} * lists < uint64_t{rows} * 4) lists *= 2;
  return lists;
}

void add(std::vector<BenchMethod>& methods, const std::string& name, const std::string& description,
         const std::string& effort_name, uint32_t refine_factor = 0) {
  methods.push_back({name, [=](const Vectors& base) {
                       std::vector<uint32_t> efforts = kEfSearchSteps;
                       std::string factory = description;
                       if (effort_name == "nprobe") {
                         const uint32_t lists = list_count(base.rows);
                         factory = "IVF" + std::to_string(lists) + ",";
                         // Four dimensions to a nibble.
                         if (refine_factor > 0) factory += "PQ" + std::to_string(base.dim / 4);
                         factory += description;
                         efforts.clear();
                         for (uint32_t probe = 1; probe <= lists; probe *= 2) {
                           efforts.push_back(probe);
                           if (probe * 3 / 2 > probe) efforts.push_back(probe * 3 / 2);
                         }
                       }
                       return std::make_unique<FaissIndex>(base, factory, effort_name, efforts,
                                                           refine_factor);
                     }});
}

}  // namespace

void add_faiss_methods(std::vector<BenchMethod>& methods) {
  add(methods, "faiss hnsw flat", "HNSW16,Flat", "efSearch");
  add(methods, "faiss hnsw sq8", "HNSW16,SQ8", "efSearch");
  add(methods, "faiss ivf sq8", "SQ8", "nprobe");
  add(methods, "faiss ivf-pq fast scan, sq8 refined", "x4fs,Refine(SQ8)", "nprobe", 30);
}

}  // namespace sightline::bench
