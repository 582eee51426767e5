#!/usr/bin/env bash
# Installs what the build needs and is missing; says what and why; does nothing when nothing is missing.
#
#   ./setup.sh demo    compilers, libraries, Emscripten and the npm packages of the build
#   ./setup.sh test    demo + Catch2, clang tools, browsers, Python for the fixtures and the smoke training
#   ./setup.sh bench   test + Faiss, which npm run bench -- native compares with
#   ./setup.sh train   demo + the training tools of datasets/streets/train
#
# System packages come from apt (root or sudo). Headers that only the next Debian release has, and the
# sources of the libraries compiled to WebAssembly, are unpacked into build/deps and need no rights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

root=$PWD
group=${1:-demo}
deps=build/deps
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

toolchain=(g++ cmake ninja-build pkg-config emscripten)
libraries=(libeigen3-dev libzstd-dev libutf8proc-dev libjpeg62-turbo-dev libwebp-dev libstb-dev libsqlite3-dev
           nlohmann-json3-dev libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev libonnx-dev libprotobuf-dev)
training=(python3-torch python3-numpy python3-pil libopenblas0-openmp)
testing=(catch2 clang-format clang-tidy chromium firefox-esr)
benching=(libfaiss-dev libblas-dev liblapack-dev)

[ $# -le 1 ] || die "one group at a time, got '$*'; bench has all of test"

case $group in
  demo) wanted=("${toolchain[@]}" "${libraries[@]}") ;;
  train) wanted=("${toolchain[@]}" "${libraries[@]}" "${training[@]}") ;;
  test) wanted=("${toolchain[@]}" "${libraries[@]}" "${testing[@]}" "${training[@]}") ;;
  bench) wanted=("${toolchain[@]}" "${libraries[@]}" "${testing[@]}" "${training[@]}" "${benching[@]}") ;;
  *) die "unknown group '$group'; use demo, test, bench or train" ;;
esac

why() {
  case $1 in
    g++ | cmake | ninja-build | pkg-config) echo 'builds the native program' ;;
    emscripten) echo 'builds the WebAssembly core' ;;
    libzstd-dev) echo 'compresses bundle objects' ;;
    libutf8proc-dev) echo 'normalises text for the tokenizer' ;;
    libjpeg62-turbo-dev) echo 'decodes JPEG' ;;
    libwebp-dev) echo 'writes thumbnails' ;;
    libeigen3-dev) echo 'linear algebra, to fit codes to vectors' ;;
    libstb-dev) echo 'decodes PNG and the other formats' ;;
    libsqlite3-dev) echo 'holds the catalog' ;;
    nlohmann-json3-dev) echo 'reads and writes JSON' ;;
    libcli11-dev) echo 'parses the command line' ;;
    libcpp-httplib-dev) echo 'serves a site' ;;
    libcurl4-openssl-dev) echo 'reads a bundle from an address' ;;
    libfaiss-dev | libblas-dev | liblapack-dev) echo 'is compared with in the benchmarks' ;;
    libonnx-dev | libprotobuf-dev) echo 'reads the weights of a text model out of its ONNX file' ;;
    catch2) echo 'runs the C++ tests' ;;
    clang-format | clang-tidy) echo 'checks format and naming' ;;
    chromium | firefox-esr) echo 'runs the browser tests' ;;
    *) echo 'renders fixtures and trains the streets models' ;;
  esac
}

need_node() {
  command -v node > /dev/null && command -v npm > /dev/null || die 'missing: node and npm; install Node.js 20.19 or newer'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "found Node.js $(node --version), needed 20.19 or newer; install a newer Node.js"
}

apt_install() {
  local run=() tries=0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null && sudo -n true 2> /dev/null && run=(sudo) || { [ -t 0 ] && command -v sudo > /dev/null && run=(sudo); } ||
      die "missing packages: $*; ask an administrator to run: apt-get install --no-install-recommends $*"
  fi
  until "${run[@]}" apt-get update -qq > /dev/null &&
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null; do
    [ $((tries += 1)) -lt 2 ] || die "could not install: $*; see the messages of apt above"
    say 'apt failed, trying once more'
  done
}

system_packages() {
  command -v dpkg-query > /dev/null && command -v apt-get > /dev/null ||
    die "no apt on this machine; install the equivalents of these Debian packages: ${wanted[*]}"
  local installed missing=() name
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2> /dev/null || true)
  for name in "${wanted[@]}"; do
    grep -qxF "$name installed" <<< "$installed" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "missing system packages, ${#missing[@]}:"
  for name in "${missing[@]}"; do say "  $name: $(why "$name")"; done
  apt_install "${missing[@]}"
}

# Runs apt with its own sources, lists and cache under build/deps, so that the machine's stay as they are.
private_apt() {
  local state=$root/$deps/apt
  apt-get -qq -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User= \
    -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# The machine's own archive, once for its sources and once for the release that has the newer headers.
private_sources() {
  local state=$root/$deps/apt release next site signed=
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
  next=$release
  [ "$release" != bookworm ] || next=trixie
  site=$(apt-get --print-uris -o Dir::State::lists="$state/lists" update 2> /dev/null |
    sed -nE "s#^'([^']+)/dists/($release|stable|oldstable)/main/binary-.*#\1#p" | head -n 1)
  [ -n "$site" ] || die "apt has no archive for $release with the component main; check the sources under /etc/apt"
  [ ! -f $keyring ] || signed="[signed-by=$keyring] "
  printf 'deb %s%s %s main\ndeb-src %s%s %s main\n' "$signed" "$site" "$next" "$signed" "$site" "$release" \
    > "$state/sources.list"
}

# Downloads into build/deps/apt/cache; $1 is what to fetch and the rest are package names.
fetch() {
  local what=$1
  shift
  (cd "$deps/apt/cache" && case $what in
    headers) rm -f ./*.deb && private_apt download "$@" ;;
    sources) rm -f ./*.orig.tar.* && private_apt source --download-only "$@" ;;
  esac) > /dev/null
}

unpacked_packages() {
  local want_headers=() want_sources=() name file
  [ -f $deps/usr/include/hnswlib/hnswlib.h ] || want_headers+=(libhnswlib-dev)
  [ -n "${ONNXRUNTIME_ROOT:-}" ] || [ -f $deps/usr/include/onnxruntime/onnxruntime_cxx_api.h ] || want_headers+=(libonnxruntime-dev)
  [ -f $deps/src/libzstd/lib/zstd.h ] || want_sources+=(libzstd)
  [ -f $deps/src/utf8proc/utf8proc.h ] || want_sources+=(utf8proc)
  [ ${#want_headers[@]} -gt 0 ] || [ ${#want_sources[@]} -gt 0 ] || return 0

  [ ${#want_headers[@]} -eq 0 ] || say "unpacking headers for the indexer into $deps: ${want_headers[*]}"
  [ ${#want_sources[@]} -eq 0 ] || say "unpacking sources for WebAssembly into $deps: ${want_sources[*]}"
  private_sources
  private_apt update || private_apt update || die "could not read the package lists for: ${want_headers[*]:-} ${want_sources[*]:-}"
  if [ ${#want_headers[@]} -gt 0 ]; then
    fetch headers "${want_headers[@]}" || fetch headers "${want_headers[@]}" || die "could not download: ${want_headers[*]}"
    for file in $deps/apt/cache/*.deb; do dpkg -x "$file" $deps; done
  fi
  if [ ${#want_sources[@]} -gt 0 ]; then
    fetch sources "${want_sources[@]}" || fetch sources "${want_sources[@]}" || die "could not download sources: ${want_sources[*]}"
    for name in "${want_sources[@]}"; do
      mkdir -p "$deps/src/$name"
      tar -xf $deps/apt/cache/"$name"_*.orig.tar.?z --strip-components=1 -C "$deps/src/$name"
    done
  fi
  rm -rf $deps/apt
}

# npm packages: the build needs "dependencies", the tests "devDependencies" too. Install scripts never run.
npm_packages() {
  local lock stamp=node_modules/.sightline-$group omit=()
  lock=$(sha256sum < package-lock.json)
  case $group in
    test | bench) stamp=node_modules/.sightline-test ;;
    *) stamp=node_modules/.sightline-demo omit=(--omit=dev) ;;
  esac
  [ "$(cat "$stamp" 2> /dev/null)" != "$lock" ] && [ "$(cat node_modules/.sightline-test 2> /dev/null)" != "$lock" ] || return 0
  say "installing npm packages: ONNX Runtime, the bundler$([ ${#omit[@]} -gt 0 ] || echo ', TypeScript and the browser drivers')"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "${omit[@]}" ||
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "${omit[@]}" || die 'npm ci failed; see its messages above'
  printf '%s\n' "$lock" > "$stamp"
}

need_node
system_packages
unpacked_packages
npm_packages
