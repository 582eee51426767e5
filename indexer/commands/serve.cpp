#include "indexer/commands/serve.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include <signal.h>

#include "indexer/net/hostile_host.h"

namespace sightline {
namespace {

bool is_known_kind(const std::string& name) {
  const auto kinds = hostile_kinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const HostileKind& kind) { return name == kind.name; });
}

void list_kinds(const std::string& unknown) {
  std::fprintf(stderr, "sightline serve: hostile kind '%s' is not known; there are:\n",
               unknown.c_str());
  for (const auto& kind : hostile_kinds())
    std::fprintf(stderr, "  %-10s %s\n", kind.name, kind.description);
}

// While it lives, SIGINT and SIGTERM wait for sigwait() instead of ending the process.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    sigaddset(&held_, SIGINT);
    sigaddset(&held_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  void wait() const {
    int signal = 0;
    sigwait(&held_, &signal);
  }

 private:
  sigset_t held_;
  sigset_t before_;
};

}  // namespace

Result<int> run_serve(const ServeOptions& options) {
  if (!options.hostile.empty() && !is_known_kind(options.hostile)) {
    list_kinds(options.hostile);
    return 2;
  }
  const HeldSignals signals;
  ASSIGN_OR_RETURN(const auto server, StaticServer::open(options));
  std::printf("%s\n", server->address().c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "serving %s%s%s; Ctrl-C stops\n", options.folder.c_str(),
               options.hostile.empty() ? "" : " as a hostile host: ", options.hostile.c_str());

  Result<void> served;
  const pthread_t waiting_thread = pthread_self();
  std::thread serving([&] {
    served = server->run();
    if (!served) pthread_kill(waiting_thread, SIGTERM);
  });
  signals.wait();
  server->stop();
  serving.join();
  RETURN_IF_ERROR(std::move(served));
  return 0;
}

}  // namespace sightline
