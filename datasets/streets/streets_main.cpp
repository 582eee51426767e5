#include <atomic>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "datasets/streets/captions.h"
#include "datasets/streets/dataset_writer.h"
#include "datasets/streets/options.h"
#include "datasets/streets/renderer.h"

namespace sightline {
namespace {

struct Job {
  size_t drive;
  int frame;
};

/// Renders all frames of `drives` on the renderers' threads; returns the first error.
std::string render_batch(const std::vector<Drive>& drives,
                         std::vector<std::vector<FrameRecord>>& records,
                         const DatasetWriter& writer,
                         std::vector<std::unique_ptr<Renderer>>& renderers) {
  std::vector<Job> jobs;
  for (size_t d = 0; d < drives.size(); ++d) {
    records.emplace_back(drives[d].frames.size());
    for (size_t f = 0; f < drives[d].frames.size(); ++f) jobs.push_back({d, static_cast<int>(f)});
  }
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::string failure;
  const auto work = [&](Renderer& renderer) {
    for (size_t at = next++; at < jobs.size(); at = next++) {
      const Drive& drive = drives[jobs[at].drive];
      const FrameState& frame = drive.frames[static_cast<size_t>(jobs[at].frame)];
      RenderedFrame rendered;
      std::string error;
      try {
        rendered = renderer.render(drive, frame);
        error = writer.write_image(drive, jobs[at].frame, rendered.rgb);
        records[jobs[at].drive][static_cast<size_t>(jobs[at].frame)].captions =
            write_captions(drive, frame, rendered.sightings);
      } catch (const std::exception& exception) {
        error = exception.what();
      }
      if (!error.empty()) {
        const std::lock_guard lock(mutex);
        failure = error;
        next = jobs.size();
        return;
      }
      records[jobs[at].drive][static_cast<size_t>(jobs[at].frame)].sightings =
          std::move(rendered.sightings);
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < renderers.size(); ++i) threads.emplace_back(work, std::ref(*renderers[i]));
  work(*renderers[0]);
  for (std::thread& thread : threads) thread.join();
  return failure;
}

std::string run(const Options& options) {
  DatasetWriter writer(options.out, options.format);
  if (std::string error = writer.open(); !error.empty()) return error;
  std::vector<std::unique_ptr<Renderer>> renderers;
  for (int i = 0; i < options.threads; ++i) renderers.push_back(std::make_unique<Renderer>());
  constexpr size_t kBatchFrames = 400;
  for (int number = 1; number <= options.drives;) {
    std::vector<Drive> drives;
    for (size_t frames = 0; number <= options.drives && frames < kBatchFrames; ++number) {
      const int share =
          options.count / options.drives + (number <= options.count % options.drives ? 1 : 0);
      drives.push_back(simulate_drive(options.seed, number, share));
      frames += drives.back().frames.size();
      if (std::string error = writer.begin_drive(drives.back()); !error.empty()) return error;
    }
    std::vector<std::vector<FrameRecord>> records;
    if (std::string error = render_batch(drives, records, writer, renderers); !error.empty())
      return error;
    for (size_t d = 0; d < drives.size(); ++d) {
      if (std::string error = writer.end_drive(drives[d], records[d]); !error.empty()) return error;
    }
  }
  return {};
}

}  // namespace
}  // namespace sightline

int main(int argc, char** argv) {
  sightline::Options options;
  if (const std::string mistake = sightline::parse_options(argc, argv, options); !mistake.empty()) {
    std::fprintf(stderr, "streets: %s\n", mistake.c_str());
    return 2;
  }
  if (options.help) {
    std::fputs(sightline::kUsage, stdout);
    return 0;
  }
  std::string failure;
  try {
    failure = sightline::run(options);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (failure.empty()) return 0;
  std::fprintf(stderr, "streets: %s\n", failure.c_str());
  return 1;
}
