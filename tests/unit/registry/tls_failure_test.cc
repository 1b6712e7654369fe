// SPDX-License-Identifier: Apache-2.0
#include "registry/internal/tls_failure.h"

#include <doctest/doctest.h>

using namespace cairn::registry;

namespace {

Failure explained(TlsTrouble trouble) {
  return explain_tls(trouble, *Url::find("https://r.example:5000/v2/"));
}

}  // namespace

TEST_CASE("what is wrong with TLS is said in words, with what to do") {
  Failure plain =
      explained({.code = CURLE_SSL_CONNECT_ERROR,
                 .text = "OpenSSL/3.0.15: error:0A00010B:SSL routines::wrong version number"});
  CHECK(plain.reason == "r.example:5000 answered in plain HTTP");
  CHECK(plain.hint.find("--insecure-registry r.example:5000") != std::string::npos);
  CHECK(plain.not_tls);
  CHECK(!plain.transient);

  Failure unknown = explained({.code = CURLE_PEER_FAILED_VERIFICATION,
                               .text = "SSL certificate problem: unable to get local issuer",
                               .verify_result = 20,
                               .issuer = "CN = Our CA"});
  CHECK(unknown.reason == "its certificate is signed by \"CN = Our CA\", which is not trusted");
  CHECK(unknown.hint.find("certs.d/r.example:5000/ca.crt") != std::string::npos);
  CHECK(!unknown.not_tls);

  CHECK(explained({.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = 10}).reason ==
        "its certificate has expired");
  CHECK(explained({.code = CURLE_PEER_FAILED_VERIFICATION,
                   .text = "SSL: no alternative certificate subject name matches target host name"})
            .reason == "its certificate is for other names than r.example");
  CHECK(
      explained({.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = 18, .self_signed = true})
          .reason.find("signed by itself") != std::string::npos);
  CHECK(explained({.code = CURLE_SSL_CONNECT_ERROR, .text = "tlsv13 alert certificate required"})
            .reason.find("asks for a client certificate") != std::string::npos);
}

TEST_CASE("OpenSSL's own words never stand alone") {
  for (CURLcode code : {CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
                        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER}) {
    Failure failure = explained({.code = code, .text = "error:0A000126:SSL routines::whatever"});
    CHECK(is_tls_trouble(code));
    CHECK(failure.reason.find("error:0A") != 0);
  }
}

TEST_CASE(
    "a TLS connection that breaks later is worth another try, an alert tells what is missing") {
  std::string eof = "OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading";
  CHECK(is_tls_trouble(CURLE_RECV_ERROR, eof));
  Failure broken = explained({.code = CURLE_RECV_ERROR, .text = eof});
  CHECK(broken.transient);
  CHECK(!broken.not_tls);
  CHECK(broken.reason.starts_with("the TLS connection broke ("));
  Failure alert = explained(
      {.code = CURLE_RECV_ERROR,
       .text = "error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"});
  CHECK(!alert.transient);
  CHECK(alert.reason.find("client certificate") != std::string::npos);
}
