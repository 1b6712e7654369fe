// SPDX-License-Identifier: Apache-2.0
//
// Explains TLS failures to users. OpenSSL's own text appears at most in brackets.
#pragma once

#include <string>
#include <string_view>

#include "registry/internal/libcurl.h"
#include "registry/transport.h"

namespace cairn::registry {

struct TlsTrouble {
  CURLcode code = CURLE_OK;
  std::string text = {};    // libcurl's error buffer
  long verify_result = 0;   // X509_V_ERR_... of OpenSSL
  std::string issuer = {};  // of the server's certificate, if it could be read
  bool self_signed = false;
  std::string client_certificate = {};  // path of the one we present, if any
};

bool is_tls_trouble(CURLcode code, std::string_view text = {});
Failure explain_tls(const TlsTrouble& trouble, const Url& url);

}  // namespace cairn::registry
