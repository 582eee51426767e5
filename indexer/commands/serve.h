#pragma once

#include "indexer/net/static_server.h"
#include "native/base/result.h"

namespace sightline {

using ServeOptions = StaticServerOptions;

// Serves a folder until SIGINT or SIGTERM; prints its address on stdout once it can be opened.
// 0 after a signal, 2 for an unknown hostile kind (the kinds are listed on stderr).
Result<int> run_serve(const ServeOptions& options);

}  // namespace sightline
