// SPDX-License-Identifier: Apache-2.0
//
// Reading accepts every spelling of a mark, since layers of other tools and other kernels turn up
// in a store. Writing tries the portable one first. Escaped names are the kernel's rule since Linux
// 6.7; they let an image itself contain layers of overlayfs.
#include "overlay/internal/overlay_xattrs.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "base/error.h"

namespace cairn::overlay::internal {
namespace {

constexpr std::string_view kUserMark = "user.overlay.";
constexpr std::string_view kEscapedMark = "user.overlay.overlay.";
constexpr const char* kCapability = "security.capability";

std::optional<std::string> find_mark(const sys::Fd& file, std::string_view mark) {
  std::optional<std::string> value = sys::find_xattr(file, fmt::format("user.{}", mark).c_str());
  if (value) return value;
  return sys::find_xattr(file, fmt::format("trusted.{}", mark).c_str());
}

// The name of a listed attribute inside the image; "" if it does not belong to the image.
std::string image_xattr_name(std::string_view listed, XattrForm view) {
  if (listed == kCapability) return kCapability;
  if (!listed.starts_with("user.")) return "";
  if (view == XattrForm::kMounted || !listed.starts_with(kUserMark)) return std::string(listed);
  if (!listed.starts_with(kEscapedMark)) return "";
  return std::string(kUserMark) + std::string(listed.substr(kEscapedMark.size()));
}

// Only real marks count: an image's own attribute of that name is escaped here and has no effect.
void refuse_moved(std::string_view name) {
  for (const char* root : {"user.overlay.", "trusted.overlay."}) {
    if (name != std::string(root) + "metacopy" && name != std::string(root) + "redirect") continue;
    throw Error::of(ErrorKind::kHost, "a layer uses overlayfs's {}, which cannot be read alone",
                    name);
  }
}

}  // namespace

bool is_whiteout_device(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

bool has_whiteout_mark(const sys::Fd& dir, const char* name) {
  return find_mark(sys::open_at(dir, name, O_PATH | O_NOFOLLOW), "overlay.whiteout").has_value();
}

void make_whiteout(const sys::Fd& dir, const char* name) {
  if (::mknodat(dir.get(), name, S_IFCHR, makedev(0, 0)) == 0) return;
  if (errno != EPERM) throw Error::from_errno(errno, "make a whiteout for {}", name);
  // A store that itself lies on overlayfs refuses the device. opaque=x does not hide what is below.
  sys::Fd file = sys::open_at(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  sys::set_xattr(file, "user.overlay.whiteout", "y");
  sys::Fd marked = sys::open_at(dir, ".", O_RDONLY | O_DIRECTORY);
  // The directory must be marked too, or the kernel would not look for the file's attribute.
  if (opacity(marked) == Opacity::kNone) sys::set_xattr(marked, "user.overlay.opaque", "x");
}

Opacity opacity(const sys::Fd& dir) {
  std::optional<std::string> value = find_mark(dir, "overlay.opaque");
  if (value == "y") return Opacity::kOpaque;
  return value == "x" ? Opacity::kHoldsWhiteouts : Opacity::kNone;
}

void make_opaque(const sys::Fd& dir) {
  sys::set_xattr(dir, "user.overlay.opaque", "y");
}

sys::Xattrs image_xattrs(const sys::Fd& file, XattrForm view) {
  sys::Xattrs kept;
  for (const std::string& listed : sys::list_xattrs(file)) {
    if (view == XattrForm::kLayer) refuse_moved(listed);
    std::string name = image_xattr_name(listed, view);
    if (name.empty()) continue;
    std::optional<std::string> value = sys::find_xattr(file, listed.c_str());
    if (!value) continue;
    if (name == kCapability) value = portable_capability(std::move(*value));
    kept.emplace_back(std::move(name), std::move(*value));
  }
  return kept;
}

std::string stored_xattr_name(std::string_view name) {
  if (name.starts_with(kUserMark)) {
    return std::string(kEscapedMark) + std::string(name.substr(kUserMark.size()));
  }
  if (name == kCapability || name.starts_with("user.")) return std::string(name);
  return "";
}

std::string portable_capability(std::string value) {
  constexpr std::size_t kVersion2Size = 20;
  constexpr std::size_t kVersion3Size = 24;
  // A little-endian word: the revision is in the top byte, the effective flag in the lowest bit.
  if (value.size() != kVersion3Size || value[3] != 3) return value;
  value[3] = 2;
  value.resize(kVersion2Size);
  return value;
}

}  // namespace cairn::overlay::internal
