// SPDX-License-Identifier: Apache-2.0
//
// Where an output may be written. sys::OutputFile decides how the bytes get there.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stop_token>
#include <string>

#include "base/sys/output_file.h"

namespace cairn::output {

// Throws kUsage for a path inside the store `root`: an output must not replace the store's files.
void refuse_inside_store(const std::string& path, const std::string& root);
void refuse_inside_store(const sys::OutputFile& file, const std::string& root);

// Throws kUsage if the file is a terminal.
void refuse_terminal(const sys::OutputFile& file);

// Writes an archive, but not to a terminal. A new file has mode 0600 less `umask`, as with `docker
// save`. Throws kCancelled on a stop request.
void write_archive_file(const sys::OutputFile& file, mode_t umask, const std::stop_token& stop,
                        const std::function<void(ByteSink&)>& write);

}  // namespace cairn::output
