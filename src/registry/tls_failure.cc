// SPDX-License-Identifier: Apache-2.0
//
// libcurl distinguishes few kinds of failure, so OpenSSL's verification result is used first, and
// its text second. What neither explains is shown in brackets and may be retried.
#include "registry/internal/tls_failure.h"

#include <fmt/format.h>

#include "registry/host_rules.h"
#include "registry/internal/http_error.h"

namespace cairn::registry {
namespace {

// From openssl/x509_vfy.h; the numbers are part of its ABI.
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;
constexpr long kRevoked = 23;

bool has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

std::string trust_hint(const Url& url) {
  return fmt::format(
      "put the authority's certificate at {}, or name it with SSL_CERT_FILE or --cert-dir; "
      "--tls-verify=false goes without for a registry",
      HostRules::own_place(url));
}

Failure untrusted(const TlsTrouble& trouble, const Url& url) {
  if (trouble.verify_result == kExpired || has(trouble.text, "has expired")) {
    return {.reason = "its certificate has expired",
            .hint = "the server needs a new one; or this host's clock is wrong"};
  }
  if (trouble.verify_result == kNotYetValid || has(trouble.text, "not yet valid")) {
    return {.reason = "its certificate is not valid yet", .hint = "is this host's clock right?"};
  }
  if (trouble.verify_result == kRevoked) return {.reason = "its certificate was revoked"};
  if (has(trouble.text, "subject name") || has(trouble.text, "does not match")) {
    return {.reason = fmt::format("its certificate is for other names than {}", url.host),
            .hint = "use the name that the certificate has, or give the server another one"};
  }
  if (trouble.self_signed) {
    return {.reason = "its certificate is signed by itself, which is not trusted",
            .hint = trust_hint(url)};
  }
  std::string issuer = trouble.issuer.empty() ? "an authority" : '"' + trouble.issuer + '"';
  return {.reason = fmt::format("its certificate is signed by {}, which is not trusted", issuer),
          .hint = trust_hint(url)};
}

Failure no_handshake(const TlsTrouble& trouble, const Url& url) {
  for (const char* words : {"wrong version number", "packet length too long", "http request",
                            "unknown protocol", "record layer failure"}) {
    if (!has(trouble.text, words)) continue;
    return {.reason = fmt::format("{}:{} answered in plain HTTP", url.host, url.port),
            .hint = fmt::format("if it is meant to: --tls-verify=false, --insecure-registry "
                                "{}:{}, or insecure = true in registries.conf",
                                url.host, url.port),
            .not_tls = true};
  }
  if (has(trouble.text, "certificate required") || has(trouble.text, "bad certificate") ||
      has(trouble.text, "handshake failure")) {
    std::string place = HostRules::own_place(url);
    return {.reason = trouble.client_certificate.empty()
                          ? "it asks for a client certificate, and there is none for it"
                          : "it refuses the client certificate " + trouble.client_certificate,
            .hint = fmt::format("put the pair client.cert and client.key into {}",
                                place.substr(0, place.rfind('/')))};
  }
  bool greeting = trouble.code == CURLE_SSL_CONNECT_ERROR;
  return {.reason = fmt::format(
              "{} ({})", greeting ? "no TLS connection came about" : "the TLS connection broke",
              clean_text(trouble.text, 200)),
          .transient = true,
          .not_tls = greeting && !has(trouble.text, "alert")};
}

}  // namespace

bool is_tls_trouble(CURLcode code, std::string_view text) {
  // TLS 1.3 sends alerts about client certificates after the handshake, as a read error.
  if (text.find("SSL routines") != std::string_view::npos) return true;
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return true;
    default: return false;
  }
}

Failure explain_tls(const TlsTrouble& trouble, const Url& url) {
  switch (trouble.code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return untrusted(trouble, url);
    case CURLE_SSL_CERTPROBLEM:
      return {.reason = fmt::format("the client certificate {} cannot be used ({})",
                                    trouble.client_certificate, clean_text(trouble.text, 200)),
              .hint = "it is PEM, and the key of its *.cert lies beside it as *.key"};
    case CURLE_SSL_CACERT_BADFILE:
      return {.reason = fmt::format("the trusted authorities cannot be read ({})",
                                    clean_text(trouble.text, 200)),
              .hint = "look at SSL_CERT_FILE, at certs.d and at the package ca-certificates"};
    default: return no_handshake(trouble, url);
  }
}

}  // namespace cairn::registry
