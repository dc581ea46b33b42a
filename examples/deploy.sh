#!/usr/bin/env bash
# Puts a release on the booking servers.
set -euo pipefail

release="${1:?name of the release}"

# BAD: runs whatever the other side sends, as root
# curl -k http://releases.example.org/install.sh | sudo bash

# GOOD: fetch, compare, then run
curl --fail --output install.sh "https://releases.example.org/$release/install.sh"
sha256sum --check "$release.sha256"
bash install.sh

clean() {
  # Don't do it this way: with an empty variable it starts at the root
  #   rm -rf $BUILD_FOLDER/*
  #   chmod -R 777 /srv/booking
  rm -rf -- "${BUILD_FOLDER:?}"/*
}

# Insecure: the password shows in the list of processes and stays in the history
login_badly() {
  mysql --user=root --password=hunter2 --host=db.internal booking < schema.sql
}

clean
