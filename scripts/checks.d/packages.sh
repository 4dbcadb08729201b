# shellcheck shell=bash
# Debian packages that the scripts need; sourced.
# shellcheck disable=SC2034

BUILD_PACKAGES=(cmake ninja-build gcc libc6-dev pkg-config liburing-dev libjansson-dev libibverbs-dev librdmacm-dev libhwloc-dev libcmocka-dev)
CHECK_PACKAGES=(clang clang-tidy clang-format shellcheck jq mandoc)
LAB_PACKAGES=(qemu-system-x86 busybox-static kmod iproute2 xz-utils cpio zstd e2fsprogs xfsprogs)
KERNEL_PACKAGES=(gcc make flex bison bc libelf-dev libssl-dev xz-utils perl)

INSTALL=1

missing_packages() {
    local p
    for p in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) == installed ]] || echo "$p"
    done
}

# Installs what is missing of the named packages, unless INSTALL is 0, and says so before. False, with the reason in WHY, when it can't be had.
install_packages() {
    local -a missing
    WHY=''
    type -P dpkg-query >/dev/null || return 0
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    WHY="not installed: ${missing[*]}"
    ((INSTALL && EUID == 0)) || return 1
    echo "installing: ${missing[*]}" >&2
    timeout 900 sh -c 'apt-get -qq update; DEBIAN_FRONTEND=noninteractive exec apt-get -qq -y \
        --no-install-recommends install "$@"' sh "${missing[@]}" >/dev/null 2>&1 ||
        { WHY="apt-get could not install: ${missing[*]}" && return 1; }
    WHY=''
}
