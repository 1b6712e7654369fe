// SPDX-License-Identifier: Apache-2.0
//
// inflate BLOB...: gunzips layers by isa-l, with SHA-256 of what goes in and of what comes out, in
// one thread; the output is dropped.
#include <isa-l/igzip_lib.h>

#include "floor.h"

namespace {

struct Layer {
  inflate_state state = {};
  SHA256_CTX blob = {}, diff_id = {};
  std::vector<unsigned char> out = std::vector<unsigned char>(floors::kPiece);

  Layer() {
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    SHA256_Init(&blob);
    SHA256_Init(&diff_id);
  }

  void take(unsigned char* bytes, std::size_t size) {
    SHA256_Update(&blob, bytes, size);
    state.next_in = bytes;
    state.avail_in = static_cast<std::uint32_t>(size);
    do {
      state.next_out = out.data();
      state.avail_out = static_cast<std::uint32_t>(out.size());
      if (isal_inflate(&state) < 0) std::exit(1);
      SHA256_Update(&diff_id, out.data(), out.size() - state.avail_out);
    } while (state.block_state != ISAL_BLOCK_FINISH &&
             (state.avail_in > 0 || state.avail_out == 0));
  }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace floors;
  for (int i = 1; i < argc; ++i) {
    Layer layer;
    int blob = must(open(argv[i], O_RDONLY), argv[i]);
    read_file(blob, [&](unsigned char* bytes, std::size_t size) { layer.take(bytes, size); });
    close(blob);
  }
}
