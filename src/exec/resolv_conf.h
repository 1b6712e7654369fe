// SPDX-License-Identifier: Apache-2.0
//
// /etc/resolv.conf (resolv.conf(5)) for a step with a private network. The host's loopback does not
// exist there, so a resolver on it is replaced by the network helper's. IPv6 does not exist there
// either, as on docker's default bridge. Search domains and options stay.
#pragma once

#include <string>

namespace cairn::exec {

// `host` is the text of the host's file; `resolver` is the address that forwards to the host's
// resolver.
std::string private_resolv_conf(const std::string& host, const std::string& resolver);

}  // namespace cairn::exec
