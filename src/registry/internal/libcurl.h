// SPDX-License-Identifier: Apache-2.0
//
// The functions of libcurl that cairn uses, loaded at the first use: most builds contact no server,
// and should not pay for loading libcurl and its libraries.
#pragma once

// curl.h's type checks are macros of the same names, which would hide the members.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/sys/library.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace cairn::registry {

struct Libcurl {
  sys::Library library{"libcurl.so.4", "libcurl4"};
  CAIRN_FUNCTION_OF(library, curl_easy_cleanup);
  CAIRN_FUNCTION_OF(library, curl_easy_getinfo);
  CAIRN_FUNCTION_OF(library, curl_easy_init);
  CAIRN_FUNCTION_OF(library, curl_easy_pause);
  CAIRN_FUNCTION_OF(library, curl_easy_perform);
  CAIRN_FUNCTION_OF(library, curl_easy_reset);
  CAIRN_FUNCTION_OF(library, curl_easy_setopt);
  CAIRN_FUNCTION_OF(library, curl_easy_strerror);
  CAIRN_FUNCTION_OF(library, curl_free);
  CAIRN_FUNCTION_OF(library, curl_global_init);
  CAIRN_FUNCTION_OF(library, curl_multi_add_handle);
  CAIRN_FUNCTION_OF(library, curl_multi_cleanup);
  CAIRN_FUNCTION_OF(library, curl_multi_info_read);
  CAIRN_FUNCTION_OF(library, curl_multi_init);
  CAIRN_FUNCTION_OF(library, curl_multi_perform);
  CAIRN_FUNCTION_OF(library, curl_multi_poll);
  CAIRN_FUNCTION_OF(library, curl_multi_remove_handle);
  CAIRN_FUNCTION_OF(library, curl_multi_wakeup);
  CAIRN_FUNCTION_OF(library, curl_slist_append);
  CAIRN_FUNCTION_OF(library, curl_slist_free_all);
  CAIRN_FUNCTION_OF(library, curl_url);
  CAIRN_FUNCTION_OF(library, curl_url_cleanup);
  CAIRN_FUNCTION_OF(library, curl_url_get);
  CAIRN_FUNCTION_OF(library, curl_url_set);

  Libcurl() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

inline const Libcurl& libcurl() {
  static const Libcurl loaded;
  return loaded;
}

// curl_easy_setopt(3) of that library.
template <typename Value>
CURLcode set_option(CURL* easy, CURLoption option, Value value) {
  return libcurl().curl_easy_setopt(easy, option, value);
}

}  // namespace cairn::registry
