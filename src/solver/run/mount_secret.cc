// SPDX-License-Identifier: Apache-2.0
//
// RUN --mount=type=secret: a file, a variable, or both. If the user gave no such secret, the file
// is absent and the variable empty, unless the line requires it. Secrets are part of no key.
#include "base/error.h"
#include "base/text.h"
#include "solver/run/mount_types.h"
#include "solver/run/secret_files.h"

namespace cairn::solver {
namespace {

std::vector<std::string> ids(const std::map<std::string, std::string>& secrets) {
  std::vector<std::string> out;
  for (const auto& [id, value] : secrets) out.push_back(id);
  return out;
}

const std::string* find_secret(const Job& job, const std::string& id, bool required,
                               const SourceSpan& span) {
  const auto& secrets = job.services.client_secrets.secrets;
  auto found = secrets.find(id);
  if (found != secrets.end()) return &found->second;
  if (!required) return nullptr;
  throw Error::of(ErrorKind::kUsage, "secret {}: not found{}", id, did_you_mean(id, ids(secrets)))
      .with_hint(fmt::format("give it with --secret id={},src=FILE or --secret id={},env=VARIABLE",
                             id, id))
      .at(span);
}

}  // namespace

void open_mount(const MountRequest& request, const plan::SecretMount& secret) {
  const plan::RunMount& mount = request.mount;
  const std::string* value =
      find_secret(request.job, secret.id, secret.required, request.mount.span);
  if (value == nullptr) return;
  request.out.add(mount.target, request.job.run.secret_files.add(*value, secret.file),
                  sandbox::MountKind::kClone, access_of(mount));
}

std::vector<std::string> secret_variables(const Job& job, const plan::RunOp& op) {
  std::vector<std::string> out;
  for (const plan::SecretVariable& variable : op.secret_env) {
    const std::string* value = find_secret(job, variable.id, variable.required, variable.span);
    if (value != nullptr && value->find('\0') != std::string::npos) {
      throw Error::of(ErrorKind::kUsage, "secret {} holds a zero byte, so it cannot be a variable",
                      variable.id)
          .with_hint("mount it as a file: leave env= out, or give target= too")
          .at(variable.span);
    }
    out.push_back(variable.name + "=" + (value != nullptr ? *value : ""));
  }
  return out;
}

}  // namespace cairn::solver
