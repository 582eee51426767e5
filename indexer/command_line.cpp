#include "indexer/command_line.h"

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "indexer/commands/bench.h"
#include "indexer/commands/build.h"
#include "indexer/commands/detect.h"
#include "indexer/commands/doctor.h"
#include "indexer/commands/embed.h"
#include "indexer/commands/export.h"
#include "indexer/commands/inspect.h"
#include "indexer/commands/models.h"
#include "indexer/commands/models_fetch.h"
#include "indexer/commands/models_pack.h"
#include "indexer/commands/search.h"
#include "indexer/commands/serve.h"
#include "indexer/commands/tokenize.h"
#include "indexer/commands/verify.h"
#include "indexer/models/model_catalogue.h"
#include "indexer/phrases/phrase_list.h"
#include "indexer/sources/scan.h"

namespace sightline {
namespace {

constexpr const char* kVersion = "sightline " SIGHTLINE_VERSION;
constexpr const char* kPlaceHelp = "A site, a bundle, or the http(s) address of either";

// The parser and the command that was chosen; options live as long as the command.
struct Parser {
  CLI::App app{"Semantic search over images with no server: builds and searches static bundles."};
  Command chosen;

  // Registers a command with its options and what runs it.
  template <class Options>
  std::pair<CLI::App*, std::shared_ptr<Options>> add(CLI::App& parent, const std::string& name,
                                                     const std::string& help,
                                                     Result<int> (*run)(const Options&)) {
    auto options = std::make_shared<Options>();
    CLI::App* command = parent.add_subcommand(name, help);
    command->callback([this, options, run] { chosen = [options, run] { return run(*options); }; });
    return {command, options};
  }
};

const std::map<std::string, ProgressStyle> kProgressStyles = {{"auto", ProgressStyle::kAuto},
                                                              {"plain", ProgressStyle::kPlain},
                                                              {"json", ProgressStyle::kJson},
                                                              {"none", ProgressStyle::kQuiet}};
const std::map<std::string, Device> kDevices = {
    {"auto", Device::kAuto}, {"cpu", Device::kCpu}, {"cuda", Device::kCuda}};
const std::map<std::string, PublishedModels> kPublishedModels = {{"none", PublishedModels::kNone},
                                                                 {"text", PublishedModels::kText},
                                                                 {"both", PublishedModels::kBoth}};
const std::map<std::string, SearchPath> kSearchPaths = {{"auto", SearchPath::kAuto},
                                                        {"hnsw", SearchPath::kHnsw},
                                                        {"cells", SearchPath::kCells},
                                                        {"exact", SearchPath::kExact}};
const std::map<std::string, GraphChoice> kGraphChoices = {
    {"auto", GraphChoice::kAuto}, {"on", GraphChoice::kOn}, {"off", GraphChoice::kOff}};
const std::map<std::string, Stage> kStages = {{"first", Stage::kFirst},
                                              {"settled", Stage::kSettled}};
const std::map<std::string, TextEncoderKind> kTextEncoders = {
    {"ort", TextEncoderKind::kOnnxRuntime}, {"packed", TextEncoderKind::kPacked}};
const std::map<std::string, bool> kSwitch = {{"on", true}, {"off", false}};

std::string joined_names(const std::vector<std::string>& names) {
  std::string joined;
  for (const auto& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

template <class T>
CLI::Option* add_choice(CLI::App* command, const std::string& name, T& value,
                        const std::map<std::string, T>& choices, const std::string& help) {
  std::string names;
  for (const auto& [text, choice] : choices) names += (names.empty() ? "" : "|") + text;
  const auto set = [&value, &choices](const std::string& text) { value = choices.at(text); };
  std::vector<std::string> allowed;
  for (const auto& [text, choice] : choices) allowed.push_back(text);
  return command->add_option_function<std::string>(name, set, help)
      ->check(CLI::IsMember(allowed))
      ->type_name(names);
}

void add_build(Parser& parser) {
  auto [command, options] = parser.add(
      parser.app, "build", "Index folders of images into a searchable static site", &run_build);
  command
      ->add_option("SOURCE", options->sources,
                   "Folders of images, KITTI raw drives, or one .npy file of vectors")
      ->required();
  command->add_option("--out", options->out, "The site to make or update")->required();
  command->add_flag("--bundle-only", options->bundle_only, "Write the bundle without the page");
  command->add_flag("--full", options->full,
                    "Write everything again, whatever is there; of vectors, cells and codes too");
  command->add_option("--model", options->model,
                      "CLIP model: a name of 'models list' or a folder; default: CLIP ViT-B/32 "
                      "where installed, else the embedded one. For SOURCE.npy: the one that made "
                      "the vectors; without it they are searched by image only");
  command->add_option("--detector", options->detector,
                      "Object detector: a name, a folder, an .onnx file or 'none'");
  add_choice(command, "--crops", options->crops, kSwitch,
             "Index every detected object as a picture of its own (default on)");
  command->add_option("--confidence", options->min_confidence, "Least confidence of a detection")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  add_choice(command, "--graph", options->graph_choice, kGraphChoices,
             "Vectors: also build the HNSW graph (default auto: up to 100,000 rows)");
  command->add_option("--m", options->graph.m, "HNSW: neighbors of a row")
      ->capture_default_str()
      ->check(CLI::Range(2, 128));
  command
      ->add_option("--ef-construction", options->graph.ef_construction,
                   "HNSW: candidates while building")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  command
      ->add_option("--thumbnail-px", options->thumbnail_px,
                   "Longer side of a thumbnail; 0: no thumbnails")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
  command->add_option("--threads", options->threads, "Threads; 0: one for each core")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  add_choice(command, "--device", options->device, kDevices, "Where the models run (default auto)");
  command
      ->add_option("--adapter", options->adapter,
                   "How the source is read; default: recognised by its layout")
      ->check(CLI::IsMember(adapter_names()));
  command->add_option("--dataset", options->dataset, "Name of the dataset; default: of the folder");
  command->add_option("--catalog", options->catalog,
                      "The build's database; default: .sightline/catalog.sqlite beside the first "
                      "source");
  command->add_option("--title", options->title, "Title of the site");
  command->add_option("--licence", options->licence, "Licence of the images, shown to visitors");
  command->add_option("--media-base-url", options->media_base_url,
                      "Where the originals are published, relative to the manifest or absolute");
  command->add_option("--records", options->records,
                      "For SOURCE.npy: a .jsonl file with an object for each row (image_id, path, "
                      "media_url, ...; other members become facets)");
  command->add_option(
      "--queries", options->queries,
      "For SOURCE.npy: typical queries, to fit codes and cells to: vectors (.npy) or, "
      "with --model, a text with a query a line");
  command
      ->add_option("--code-bytes", options->paged.fitting.row_bytes,
                   "For SOURCE.npy: Bytes of a row's code")
      ->capture_default_str()
      ->check(CLI::Range(4, 4096));
  command
      ->add_option("--scan-bytes", options->paged.fitting.first_bytes,
                   "For SOURCE.npy: Bytes of the code that are scanned")
      ->capture_default_str()
      ->check(CLI::Range(4, 128));
  command
      ->add_option("--image-share", options->paged.fitting.image_share,
                   "For SOURCE.npy: how much codes are fitted to queries by image, beside texts")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--cells-per-root", options->paged.cells_per_root,
                   "For SOURCE.npy: cells for each root of the number of rows")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0));
  command
      ->add_option("--piece-rows", options->paged.piece_rows,
                   "For SOURCE.npy: Rows refined by one fetch")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  add_choice(command, "--publish-models", options->models, kPublishedModels,
             "Models the site carries for search in the browser (default both)");
  command->add_option(
      "--phrase-list", options->phrase_list,
      "Words that phrases are made of, for the bank and to calibrate relevance: " +
          joined_names(phrase_list_names()) +
          ", or a file laid out like them; default: streets with the embedded model, else photos "
          "for folders of images and general for vectors");
  command->add_option("--phrases", options->phrases,
                      "A file with a phrase a line that the site answers without a text model");
  command
      ->add_option("--bank-phrases", options->bank_phrase_count,
                   "Such phrases made by rule; default: 1,000 to 20,000, by the number of images")
      ->check(CLI::Range(0, 1000000));
  add_choice(command, "--progress", options->progress, kProgressStyles,
             "How progress is told on stderr (default auto)");
  command->footer(
      "A second build without changes embeds nothing. A build that was stopped goes on where it "
      "was when it is run again; what one of vectors has done is kept in OUT.unfinished until it "
      "ends. Images that cannot be read are "
      "listed in errors.jsonl beside the catalog; the exit code is then 3.");
}

void add_search(Parser& parser) {
  auto [command, options] = parser.add(
      parser.app, "search", "Search a bundle by text, image or one of its images", &run_search);
  command->add_option("BUNDLE", options->bundle, kPlaceHelp)->required();
  auto* query = command->add_option_group("query");
  query->add_option("TEXT", options->text, "What to look for, such as \"red bus at night\"");
  query->add_option("--image", options->image, "Search by an image file");
  query->add_option("--similar", options->similar, "Search by an image of the bundle: IMAGE_ID");
  query->add_option("--vectors", options->vectors, "Search by each row of a .npy file");
  query->require_option(1);
  command->add_option("--k", options->k, "Images to find")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  command->add_option("--ef-search", options->ef_search, "HNSW: candidates while searching")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  add_choice(command, "--path", options->path, kSearchPaths,
             "How to search (default auto: what is fastest by the figures of the bundle)");
  command
      ->add_option("--filter", options->filters,
                   "Condition 'field OP value', OP one of = != >= <= in; repeated: all hold")
      ->allow_extra_args(false);
  command->add_flag("--all", options->all,
                    "Also show the nearest images where nothing fits a text");
  command->add_flag("--json", options->json, "Print one JSON object (always with --vectors)");
  command->add_flag(
      "--cold", options->cold,
      "With --vectors: begin each query with an empty cache and count what it fetches");
  add_choice(command, "--stage", options->stage, kStages,
             "Of a paged bundle: the answer shown first, or the settled one (default)");
  command->add_option("--probe-cells", options->probe_cells,
                      "Of a paged bundle: cells to open (default: as the bundle says)");
  command->add_option("--refine-rows", options->refine_rows,
                      "Of a paged bundle: rows to refine (default: as the bundle says)");
  command->footer(
      "Filters: 'sequence = NAME', 'class in car,bus', 'class.car >= 2', "
      "'timestamp_s >= 1700000000'.");
}

void add_bundle_commands(Parser& parser) {
  {
    auto [command, options] =
        parser.add(parser.app, "verify", "Check every object of a bundle; exit code 4 if damaged",
                   &run_verify);
    command->add_option("BUNDLE", options->bundle, kPlaceHelp)->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] =
        parser.add(parser.app, "inspect", "Show what a bundle holds: counts, model, sizes, quality",
                   &run_inspect);
    command->add_option("BUNDLE", options->bundle, kPlaceHelp)->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] = parser.add(
        parser.app, "bench", "Measure search of a bundle: recall, latency, speed-up", &run_bench);
    command->add_option("BUNDLE", options->bundle, kPlaceHelp)->required();
    command->add_option("--queries", options->queries, "A file with a text query a line");
    command
        ->add_option("--phrase-list", options->phrase_list,
                     "Without --queries: what they are made of")
        ->capture_default_str();
    command->add_option("--ef-search", options->ef_search, "Values to measure")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    command->add_option("--repeat", options->repeat, "Runs; the fastest counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command->add_flag("--measure-build", options->measure_build, "Also build the graph again");
    command->add_option("--output", options->output, "Write the JSON report to a file");
  }
  {
    auto [command, options] = parser.add(
        parser.app, "export", "Write metadata.jsonl and embeddings.npy of a bundle", &run_export);
    command->add_option("BUNDLE", options->bundle, kPlaceHelp)->required();
    command->add_option("--out", options->out, "The folder to write to")->required();
  }
  {
    auto [command, options] = parser.add(
        parser.app, "serve", "Serve a site on this machine, with the headers it needs", &run_serve);
    command->add_option("DIR", options->folder, "The site")->required();
    command->add_option("--port", options->port, "Port; 0: any free one")
        ->capture_default_str()
        ->check(CLI::Range(0, 65535));
    command->add_option("--host", options->host, "Address to listen on")->capture_default_str();
    command->add_option("--base-path", options->base_path, "Path the site is mounted under")
        ->capture_default_str();
    command->add_option("--hostile", options->hostile, "Imitate a bad host, for tests");
  }
}

void add_models_fetch(Parser& parser, CLI::App& models) {
  auto [command, options] =
      parser.add(models, "fetch", "Download a real model and check its bytes", &run_models_fetch);
  command->add_option("NAME", options->name, "One of the names below")->required();
  command->add_option("--from", options->from,
                      "A mirror's http(s) address or a folder, with the files laid out as in the "
                      "model's folder; default: the public hub");
  command->add_flag("--trust-on-first-use", options->trust_on_first_use,
                    "Take files whose sha256 is not known, and record it");
  command->add_option("--catalogue", options->catalogue,
                      "A JSON file of other models to choose from, for mirrors and private models");
  command->add_flag("--json", options->json, "Print one JSON object");
  std::string names;
  for (const CatalogueModel& model : builtin_catalogue())
    names += (names.empty() ? "" : ", ") + model.name + " (" + model.licence + ")";
  command->footer("Names: " + names +
                  ".\nAn interrupted download goes on where it ended. Proxies come from http_proxy "
                  "and https_proxy; models go to $SIGHTLINE_MODELS or the user's cache folder.");
}

void add_model_commands(Parser& parser) {
  {
    auto [command, options] =
        parser.add(parser.app, "embed", "Print the embedding of a text or an image", &run_embed);
    command->add_option("--model", options->model, "CLIP model: a name or a folder");
    auto* input = command->add_option_group("input");
    input->add_option("--text", options->texts, "A text; repeated: several")
        ->allow_extra_args(false);
    input->add_option("--image", options->image_path, "An image file");
    input->require_option(1);
    add_choice(command, "--encoder", options->encoder, kTextEncoders,
               "What embeds a text: ONNX Runtime, or the model packed for bundles (default ort)");
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] = parser.add(
        parser.app, "tokenize", "Print the token ids of a text: start, tokens, end", &run_tokenize);
    command->add_option("--model", options->model,
                        "A model, or a folder with vocab.json and merges.txt");
    command->add_option("TEXT", options->text, "The text")->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] =
        parser.add(parser.app, "detect", "Print the objects detected in an image", &run_detect);
    command->add_option("--detector", options->detector, "A name, a folder or an .onnx file");
    command->add_option("--confidence", options->min_confidence, "Least confidence")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    command->add_option("IMAGE", options->image_path, "An image file")->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  CLI::App* models = parser.app.add_subcommand("models", "Models of this machine");
  models->require_subcommand(1);
  {
    auto [command, options] =
        parser.add(*models, "list", "Installed and embedded models", &run_models_list);
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] = parser.add(
        *models, "check", "Load a model, run it once and say what it is", &run_models_check);
    command->add_option("MODEL", options->model, "A name, a folder or an .onnx file")->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  {
    auto [command, options] = parser.add(
        *models, "pack", "Pack a model's text encoder as bundles carry it", &run_models_pack);
    command->add_option("MODEL", options->model, "CLIP model: a name or a folder")->required();
    command->add_option("--out", options->out, "The folder to write to")->required();
    command->add_flag("--json", options->json, "Print one JSON object");
  }
  add_models_fetch(parser, *models);
  {
    auto [command, options] =
        parser.add(parser.app, "doctor", "Check what this machine can do", &run_doctor);
    command->add_flag("--json", options->json, "Print one JSON object");
  }
}

// One line that names what is wrong and the help to read. CLI11 looks for what is missing before it
// complains of what it does not know, which is more often the mistake.
std::string usage_message(const CLI::App& app, const CLI::Error& error) {
  const CLI::App* command = &app;
  std::string path = "sightline ";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += command->get_name() + " ";
  }
  const auto unknown = app.remaining(true);
  std::string what = error.what();
  if (!unknown.empty()) {
    const bool is_command = command->get_require_subcommand_min() > 0;
    what = unknown.front().starts_with('-') ? "there is no option "
           : is_command                     ? "there is no command "
                                            : "one argument too many: ";
    what += "'" + unknown.front() + "'";
  }
  return "sightline: " + what + "; see '" + path + "--help'\n";
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, char** argv) {
  constexpr int kUsageError = 2;
  Parser parser;
  parser.app.name("sightline");
  parser.app.set_version_flag("--version", kVersion);
  parser.app.require_subcommand(1);
  parser.app.failure_message(
      [](const CLI::App* app, const CLI::Error& error) { return usage_message(*app, error); });
  add_build(parser);
  add_search(parser);
  add_bundle_commands(parser);
  add_model_commands(parser);
  if (argc <= 1) {
    std::fputs(parser.app.help().c_str(), stdout);
    return kUsageError;
  }
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.app.exit(error) == 0 ? 0 : kUsageError;
  }
  return std::move(parser.chosen);
}

}  // namespace sightline
