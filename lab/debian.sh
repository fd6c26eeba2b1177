# Debian's packages, by the versions in debian.lock. Sourced by build.sh.
# containerd, the CNI plugins and the Prometheus family come from sid: bookworm's containerd 1.6 is too old for
# Kubernetes 1.36. They need libc >= 2.34 only, so bookworm's runs them; sid's runc needs a newer libseccomp than a
# Debian 12 host has, so runc is bookworm's.

readonly LOCK=$LAB/debian.lock

# Prints "suite package version" for each package of the lock.
locked() { awk '/^\[/ { gsub(/[][]/, ""); suite = $0; next } /^[a-z]/ { split($0, a, "="); print suite, a[1], a[2] }' "$LOCK"; }

# Sets the array APT: options with which apt knows sid and bookworm and nothing else, apart from the host's own lists.
private_apt() {
  local dir=$CACHE/apt key=/usr/share/keyrings/debian-archive-keyring.gpg mirror
  mirror=$(debian_mirror) || exit
  mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial
  printf "deb [signed-by=$key] $mirror %s main\n" bookworm sid >"$dir/sources.list"
  APT=(-q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$dir/lists"
    -o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root -o APT::Architecture=amd64 -o Debug::NoLocking=1
    # a mirror may be kept at a date; which versions are right is the lock's word, and they are signed all the same
    -o Acquire::Check-Valid-Until=false
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  apt-get "${APT[@]}" update >/dev/null
}

# Prints "package | version | source" for every version of the packages that apt knows. Asked once for all of them: where apt
# is set up to keep no cache, as in containers, each question takes seconds.
known_versions() { apt-cache "${APT[@]}" madison "$@" | sed 's/^ *//; s/ *| */ | /g'; }

deb_file() { echo "$CACHE/debs/$1_${2//:/%3a}_amd64.deb"; }

# debian_root DIR: unpacks the locked packages into DIR; DIR/VERSIONS lists them.
debian_root() {
  local suite package version missing=()
  [ "$(cat "$1/.done" 2>/dev/null)" = "$(sha256sum <"$LOCK")" ] && return
  mkdir -p "$CACHE/debs"
  while read -r suite package version; do
    [ -e "$(deb_file "$package" "$version")" ] || missing+=("$suite $package $version")
  done < <(locked)
  if [ ${#missing[@]} -gt 0 ]; then download_debs "${missing[@]}"; fi
  rm -rf "$1" && mkdir -p "$1"
  while read -r suite package version; do
    dpkg-deb -x "$(deb_file "$package" "$version")" "$1"
    echo "$package $version $suite" >>"$1/VERSIONS"
  done < <(locked)
  sha256sum <"$LOCK" >"$1/.done"
}

download_debs() {
  local suite package version known gone=() got=()
  private_apt
  known=$(known_versions $(printf '%s\n' "$@" | awk '{ print $2 }'))
  while read -r suite package version; do
    if awk -v p="$package" -v v="$version" '$1 == p && $3 == v { ok = 1 } END { exit !ok }' <<<"$known"; then
      got+=("$package=$version")
    else
      gone+=("$package $version is no longer in $suite")
    fi
  done < <(printf '%s\n' "$@")
  if [ ${#gone[@]} -gt 0 ]; then
    printf '[build] %s\n' "${gone[@]}" "run \`lab/build.sh --update-debian\`, try the lab and commit lab/debian.lock" >&2
    exit 1
  fi
  (cd "$CACHE/debs" && apt-get "${APT[@]}" download "${got[@]}" >/dev/null)
}

# Writes the newest version of each package into the lock.
update_debian_lock() {
  local line suite="" package newest known
  private_apt
  known=$(known_versions $(locked | awk '{ print $2 }'))
  while IFS= read -r line; do
    case $line in
      \[*) suite=${line//[][]/} ;;
      [a-z]*)
        package=${line%%=*}
        newest=$(awk -v p="$package" -v s="$suite/main" '$1 == p && $6 == s { print $3; exit }' <<<"$known")
        [ -n "$newest" ] || { echo "[build] Debian $suite has no package $package" >&2; exit 1; }
        [ "$line" = "$package=$newest" ] || echo "[build] $line -> $newest" >&2
        line=$package=$newest
        ;;
    esac
    printf '%s\n' "$line"
  done <"$LOCK" >"$LOCK.new"
  mv "$LOCK.new" "$LOCK"
}
