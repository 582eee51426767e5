#pragma once

#include <functional>
#include <variant>

#include "native/base/result.h"

namespace sightline {

// A command with its options, ready to run; its value is the exit code.
using Command = std::function<Result<int>()>;

// Reads the command line. What needs no run (--help, --version, a usage error) has been printed and
// comes back as the exit code: 0, or 2 for a usage error.
std::variant<Command, int> parse_command_line(int argc, char** argv);

}  // namespace sightline
