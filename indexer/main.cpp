#include <cstdio>
#include <exception>

#include "indexer/command_line.h"

namespace {

int exit_code(sightline::ErrorCode code) {
  switch (code) {
    case sightline::ErrorCode::kInvalidArgument:
      return 2;
    case sightline::ErrorCode::kCorrupt:
      return 4;
    case sightline::ErrorCode::kModel:
      return 5;
    default:
      return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto command = sightline::parse_command_line(argc, argv);
    if (const int* code = std::get_if<int>(&command)) return *code;
    const auto result = std::get<sightline::Command>(command)();
    if (result) return *result;
    std::fprintf(stderr, "sightline: %s\n", result.error().message.c_str());
    return exit_code(result.error().code);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "sightline: %s; this is a bug or the machine is out of memory\n",
                 failure.what());
    return 1;
  }
}
