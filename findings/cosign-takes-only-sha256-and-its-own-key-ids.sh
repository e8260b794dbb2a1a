#!/bin/bash
# cosign verifies in-toto statements with a key that openssl has made, and refuses two kinds of good ones:
# - A statement whose subject has a SHA-512 only, as Glance computes it for each image (os_hash_algo): "no matching subject
#   digest found", though the file is the right one. cosign computes the SHA-256 of the file and looks for nothing else.
# - A signature whose keyid is not cosign's own, once the envelope stands in a bundle: "accepted signatures do not match
#   threshold, Found: 0". Its own is the fingerprint that ssh-keygen shows, SHA256:... An empty keyid is fine. DSSE leaves
#   the keyid to the signer and says that it is a hint alone. Without a bundle, cosign passes over the same keyid.
# Guess before: any digest of in-toto's list counts if it is that of the file, and a keyid decides nothing.
# Seen with Debian 13, cosign 2.5.0-2+b5:
#   envelope, sha256: Verified OK
#   envelope, sha512: no matching subject digest found
#   envelope, sha512, --check-claims=false: Verified OK
#   bundle, sha256, no keyid: Verified OK
#   bundle, sha256, keyid of SSH: Verified OK
#   bundle, sha256, keyid of the DER: accepted signatures do not match threshold, Found: 0, Expected 1
#   bundle, sha512, no keyid: provided artifact digests does not match digests in statement
# cosign 3.1.1 of sid takes the last one, and is alike otherwise; its --digestAlg sha512 does not help without a bundle.
# Sources: SHA256KeyID in dsse/verify.go of secure-systems-lab/go-securesystemslib; protocol.md of secure-systems-lab/dsse.
# Needs apt-get with Debian's archive. The package is unpacked in a temporary folder, on Debian 12 too. No key server and
# no log is asked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir -p sources lists/partial cache/archives/partial root
cp -r /etc/apt/sources.list.d/. sources/
[ ! -s /etc/apt/sources.list ] || cp /etc/apt/sources.list sources/main.list
sed -i "s/$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)/trixie/g" sources/*
of_debian_13=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/sources"
  -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache")
apt-get "${of_debian_13[@]}" update
apt-get "${of_debian_13[@]}" download cosign=2.5.0-2+b5 2>/dev/null
dpkg-deb -W cosign_*.deb
dpkg -x cosign_*.deb root

openssl genpkey -algorithm ed25519 -out signing.pem
openssl pkey -in signing.pem -pubout -out signing.pub
head -c 100000 /dev/urandom >web.raw
echo '{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}' >no-roots.json
type=application/vnd.in-toto+json
der_id=$(openssl pkey -pubin -in signing.pub -outform DER | sha256sum | cut -d ' ' -f 1)
ssh_key=$({ printf '\0\0\0\013ssh-ed25519\0\0\0\040'; openssl pkey -pubin -in signing.pub -outform DER | tail -c 32; } | base64 -w 0)
ssh_id=$(echo "ssh-ed25519 $ssh_key" | ssh-keygen -lf - | cut -d ' ' -f 2)

envelope() { # ALGORITHM KEYID
  printf '{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"web","digest":{"%s":"%s"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}' \
    "$1" "$("$1sum" web.raw | cut -d ' ' -f 1)" >statement
  { printf 'DSSEv1 %d %s %d ' ${#type} $type "$(wc -c <statement)"; cat statement; } >signed
  printf '{"payloadType":"%s","payload":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}' $type "$(base64 -w 0 statement)" "$2" \
    "$(openssl pkeyutl -sign -inkey signing.pem -rawin -in signed | base64 -w 0)"
}
bundle() { # ALGORITHM KEYID
  printf '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":""}},"dsseEnvelope":%s}' \
    "$(envelope "$1" "$2")"
}
cosign() {
  HOME="$folder" root/usr/bin/cosign verify-blob-attestation --key signing.pub --insecure-ignore-tlog \
    --type slsaprovenance1 "$@" web.raw >log 2>&1 || true
  tail -n 1 log | sed 's/^error during command execution: //; s/^failed to verify signature: //; s/^could not verify envelope: //'
}
of_envelope() { envelope "$1" "$der_id" >envelope.json; cosign --signature envelope.json "${@:2}"; }
of_bundle() { bundle "$1" "$2" >bundle.json; cosign --bundle bundle.json --new-bundle-format --trusted-root no-roots.json; }
seen="envelope, sha256: $(of_envelope sha256)
envelope, sha512: $(of_envelope sha512)
envelope, sha512, --check-claims=false: $(of_envelope sha512 --check-claims=false)
bundle, sha256, no keyid: $(of_bundle sha256 "")
bundle, sha256, keyid of SSH: $(of_bundle sha256 "$ssh_id")
bundle, sha256, keyid of the DER: $(of_bundle sha256 "$der_id")
bundle, sha512, no keyid: $(of_bundle sha512 "")"
echo "$seen"
[ "$seen" = "envelope, sha256: Verified OK
envelope, sha512: no matching subject digest found
envelope, sha512, --check-claims=false: Verified OK
bundle, sha256, no keyid: Verified OK
bundle, sha256, keyid of SSH: Verified OK
bundle, sha256, keyid of the DER: accepted signatures do not match threshold, Found: 0, Expected 1
bundle, sha512, no keyid: provided artifact digests does not match digests in statement" ]
