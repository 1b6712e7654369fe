// SPDX-License-Identifier: Apache-2.0
//
// The launcher's messages, of bytes that no builder would send. The first byte says with how many
// descriptors they come and whether the fields lie in a file. What a decoder takes must be spelled
// in one way only: encoded again it is the same bytes.
#include "sandbox/internal/launcher_protocol.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>

using namespace cairn;
using namespace cairn::sandbox;

namespace {

constexpr std::uint8_t kInFile = 0x80;

Message message_of(const std::uint8_t* data, std::size_t size) {
  static const sys::Fd null = sys::open_path("/dev/null", O_RDWR);
  Message message{.bytes = std::string(fuzz::text_of(data + 1, size - 1)), .fds = {}};
  if ((data[0] & kInFile) != 0 && message.bytes.size() >= 2) {
    sys::Fd body = sys::make_memfd("fuzz");
    sys::write_all(body, message.bytes.substr(2));
    message.fds.push_back(std::move(body));
    message.bytes.resize(2);
  }
  for (int i = 0; i < (data[0] & 7); ++i) message.fds.push_back(sys::duplicate(null));
  return message;
}

// kBug is what a decoder refuses with, and nothing else.
template <typename Decode>
void try_decoder(const std::uint8_t* data, std::size_t size, Decode decode) {
  try {
    EncodedMessage again = encode(decode(message_of(data, size)));
    bool is_inline = (data[0] & kInFile) == 0 && size <= kMaxMessage;
    if (is_inline && again.bytes != fuzz::text_of(data + 1, size - 1)) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBug) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try_decoder(data, size, decode_builder_world);
  try_decoder(data, size, decode_step_started);
  try_decoder(data, size, decode_step_ended);
  try_decoder(data, size, decode_filter_listener);
  try_decoder(data, size, [](Message message) {
    RunRequest request;
    decode_run_request(std::move(message), request);
    return request;
  });
  return 0;
}
