// SPDX-License-Identifier: Apache-2.0
//
// The functions of libarchive that cairn uses. The library is loaded at the first call of
// libarchive(): sys::libarchive().archive_read_new().
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/sys/library.h"

namespace cairn::sys {

struct Libarchive {
  Library library{"libarchive.so.13", "libarchive13"};
  CAIRN_FUNCTION_OF(library, archive_entry_filetype);
  CAIRN_FUNCTION_OF(library, archive_entry_free);
  CAIRN_FUNCTION_OF(library, archive_entry_hardlink);
  CAIRN_FUNCTION_OF(library, archive_entry_new);
  CAIRN_FUNCTION_OF(library, archive_entry_pathname);
  CAIRN_FUNCTION_OF(library, archive_entry_set_filetype);
  CAIRN_FUNCTION_OF(library, archive_entry_set_mtime);
  CAIRN_FUNCTION_OF(library, archive_entry_set_pathname);
  CAIRN_FUNCTION_OF(library, archive_entry_set_perm);
  CAIRN_FUNCTION_OF(library, archive_entry_set_size);
  CAIRN_FUNCTION_OF(library, archive_entry_symlink);
  CAIRN_FUNCTION_OF(library, archive_error_string);
  CAIRN_FUNCTION_OF(library, archive_read_append_filter);
  CAIRN_FUNCTION_OF(library, archive_read_data);
  CAIRN_FUNCTION_OF(library, archive_read_data_into_fd);
  CAIRN_FUNCTION_OF(library, archive_read_free);
  CAIRN_FUNCTION_OF(library, archive_read_new);
  CAIRN_FUNCTION_OF(library, archive_read_next_header);
  CAIRN_FUNCTION_OF(library, archive_read_open);
  CAIRN_FUNCTION_OF(library, archive_read_support_format_raw);
  CAIRN_FUNCTION_OF(library, archive_read_support_format_tar);
  CAIRN_FUNCTION_OF(library, archive_write_add_filter_none);
  CAIRN_FUNCTION_OF(library, archive_write_close);
  CAIRN_FUNCTION_OF(library, archive_write_data);
  CAIRN_FUNCTION_OF(library, archive_write_free);
  CAIRN_FUNCTION_OF(library, archive_write_header);
  CAIRN_FUNCTION_OF(library, archive_write_new);
  CAIRN_FUNCTION_OF(library, archive_write_open);
  CAIRN_FUNCTION_OF(library, archive_write_set_bytes_in_last_block);
  CAIRN_FUNCTION_OF(library, archive_write_set_bytes_per_block);
  CAIRN_FUNCTION_OF(library, archive_write_set_format_pax_restricted);
};

inline const Libarchive& libarchive() {
  static const Libarchive loaded;
  return loaded;
}

}  // namespace cairn::sys
