// SPDX-License-Identifier: Apache-2.0
//
// Chooses the proxy for a URL by the rules of Go's net/http/httpproxy, as docker and podman do:
// HTTP_PROXY, HTTPS_PROXY and NO_PROXY in either case, upper case first; no upper-case HTTP_PROXY
// in a CGI process, where a request header could set it (httpoxy); never for loopback. ALL_PROXY
// comes last, as in curl. Reads the environment at each call.
#pragma once

#include <string>
#include <string_view>

#include "registry/url.h"

namespace cairn::registry {

std::string choose_proxy(const Url& url);  // "" for none

// Whether a NO_PROXY list such as "example.com,.internal,10.0.0.0/8,host:8080" or "*" covers the
// host.
bool is_bypassed(const Url& url, std::string_view list);

}  // namespace cairn::registry
