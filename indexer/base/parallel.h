#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sightline {

// Runs work(i) for every i < count on that many threads and waits for all.
template <class Work>
void parallel_for(size_t count, unsigned thread_count, Work&& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < thread_count && t < count; ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < count; i = next++) work(i);
    });
  }
}

// Makes items on several threads and hands them over in order, at most `ahead` items early, so that
// a consumer never waits for more than the slowest item and memory stays bounded.
template <class Item>
class OrderedProducer {
 public:
  // make(i) -> Item is called once for every i < count, from any thread.
  template <class Make>
  OrderedProducer(size_t count, unsigned thread_count, size_t ahead, Make make)
      : slots_(count), ahead_(ahead) {
    for (unsigned t = 0; t < thread_count; ++t) {
      threads_.emplace_back([this, make](std::stop_token stop) { produce(make, stop); });
    }
  }
  ~OrderedProducer() {
    {
      const std::lock_guard lock(mutex_);
      for (auto& thread : threads_) thread.request_stop();
    }
    changed_.notify_all();
  }
  OrderedProducer(const OrderedProducer&) = delete;
  OrderedProducer& operator=(const OrderedProducer&) = delete;

  // The next item in order; waits until it is made. Call at most count times.
  Item take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slots_[taken_].has_value(); });
    Item item = std::move(*slots_[taken_]);
    slots_[taken_++].reset();
    changed_.notify_all();
    return item;
  }

 private:
  template <class Make>
  void produce(const Make& make, const std::stop_token& stop) {
    while (true) {
      size_t position;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
          return stop.stop_requested() || started_ == slots_.size() || started_ < taken_ + ahead_;
        });
        if (stop.stop_requested() || started_ == slots_.size()) return;
        position = started_++;
      }
      Item item = make(position);
      const std::lock_guard lock(mutex_);
      slots_[position] = std::move(item);
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Item>> slots_;
  size_t ahead_;
  size_t started_ = 0;
  size_t taken_ = 0;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace sightline
