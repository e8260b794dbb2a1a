# Writes every configuration file from the templates in etc/, with the knobs as they are now.

render() { # TEMPLATE TARGET [NAME=VALUE...]: fills in $NAME from the environment; an unknown name is an error
  env "${@:3}" $PY -c 'import os, string, sys
sys.stdout.write(string.Template(sys.stdin.read()).substitute(os.environ))' <"$HERE/etc/$1" >"$ETC/$2"
}

database() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$SOCK&charset=utf8mb4"; } # NAME

configure() {
  mkdir -p "$ETC"/{keystone,placement,libvirt,neutron,python/lab_ml2-1.dist-info} "$LAB_DIR"/{bin,volumes,dev,instances,db,rabbit,tmp,locks} \
    "$LAB_DIR"/glance-{az1,az2}/{images,images-second,staging,tasks} "$LAB_DIR"/state/{nova,cinder,neutron} \
    "$LAB_DIR"/libvirt/{lib,run,cache}
  export RABBIT_URL=rabbit://guest:guest@127.0.0.1:$LAB_PORT_RABBIT/
  local -x SERVICE_USER="auth_type = password
auth_url = $LAB_AUTH_URL
project_domain_name = Default
user_domain_name = Default
project_name = service
username = service
password = $LAB_PASSWORD
region_name = az1"

  render keystone.conf keystone/keystone.conf "DATABASE=$(database keystone)"
  render placement.conf placement/placement.conf "DATABASE=$(database placement)"
  configure_glance az1 "$LAB_PORT_GLANCE_AZ1"
  configure_glance az2 "$LAB_PORT_GLANCE_AZ2"
  render cinder.conf cinder.conf "DATABASE=$(database cinder)"
  render nova.conf nova.conf "RUN=$RUN" "DATABASE=$(database nova)" "API_DATABASE=$(database nova_api)"
  render neutron.conf neutron.conf "DATABASE=$(database neutron)"
  # Neutron finds its drivers as entry points of installed packages.
  printf 'Metadata-Version: 2.1\nName: lab-ml2\nVersion: 1\n' >"$ETC/python/lab_ml2-1.dist-info/METADATA"
  printf '[neutron.ml2.mechanism_drivers]\nlab = lab_ml2:LabBridgeDriver\n' >"$ETC/python/lab_ml2-1.dist-info/entry_points.txt"
  render rabbitmq.conf rabbitmq.conf
  cp "$HERE/etc/qemu.conf" "$ETC/libvirt/qemu.conf"
  render libvirtd.conf libvirtd.conf "RUN=$RUN"
  # Under a WSGI server Nova takes its configuration from a directory, by fixed names.
  mkdir -p "$ETC/nova"
  cp "$ETC/nova.conf" "$ETC/nova/nova.conf"
  cp /usr/share/nova-common/api-paste.ini "$ETC/nova/"

  # Debian's own pipeline with the filter of slow and broken uploads before the application.
  sed "s/^\\($GLANCE_PIPELINE = .*authtoken context\\) *rootapp/\\1 labupload rootapp/" \
    /usr/share/glance-common/glance-api-paste.ini >"$ETC/glance-api-paste.ini"
  grep -q labupload "$ETC/glance-api-paste.ini" || die "no '$GLANCE_PIPELINE = … rootapp' in Glance's paste file"
  printf '\n[filter:labupload]\npaste.filter_factory = lab_glance:filter_factory\n' >>"$ETC/glance-api-paste.ini"
}

configure_glance() { # ZONE PORT
  local -x ZONE=$1 PORT=$2
  local part
  for part in glance.conf "$GLANCE_STORES"; do
    render "$part" "glance-$1.$part" "DATABASE=$(database "glance_$1")"
  done
  cat "$ETC/glance-$1.glance.conf" "$ETC/glance-$1.$GLANCE_STORES" >"$ETC/glance-$1.conf"
  mkdir -p "$ETC/glance-$1" # as for Nova
  cp "$ETC/glance-$1.conf" "$ETC/glance-$1/glance-api.conf"
}
