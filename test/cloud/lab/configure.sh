# Writes every configuration file from the templates in etc/, with the knobs as they are now.

render() { # TEMPLATE TARGET [NAME=VALUE...]: fills in $NAME from the environment; an unknown name is an error
  env "${@:3}" $PY -c 'import os, string, sys
sys.stdout.write(string.Template(sys.stdin.read()).substitute(os.environ))' <"$HERE/etc/$1" >"$ETC/$2"
}

database() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$SOCK&charset=utf8mb4"; } # NAME

configure() {
  mkdir -p "$ETC"/{keystone,placement,libvirt} "$LAB_DIR"/{bin,volumes,dev,instances,db,rabbit,tmp,locks} \
    "$LAB_DIR"/glance-{az1,az2}/{images,staging,tasks} "$LAB_DIR"/state/{nova,cinder} \
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
  render glance.conf glance-az1.conf ZONE=az1 "PORT=$LAB_PORT_GLANCE_AZ1" "DATABASE=$(database glance_az1)"
  render glance.conf glance-az2.conf ZONE=az2 "PORT=$LAB_PORT_GLANCE_AZ2" "DATABASE=$(database glance_az2)"
  render cinder.conf cinder.conf "DATABASE=$(database cinder)"
  render nova.conf nova.conf "RUN=$RUN" "DATABASE=$(database nova)" "API_DATABASE=$(database nova_api)"
  render rabbitmq.conf rabbitmq.conf
  cp "$HERE/etc/qemu.conf" "$ETC/libvirt/qemu.conf"
  render libvirtd.conf libvirtd.conf "RUN=$RUN"

  # Debian's own pipeline with the filter of slow and broken uploads before the application.
  sed 's/^\(pipeline = .*authtoken context\) *rootapp/\1 labupload rootapp/' \
    /usr/share/glance-common/glance-api-paste.ini >"$ETC/glance-api-paste.ini"
  printf '\n[filter:labupload]\npaste.filter_factory = lab_glance:filter_factory\n' >>"$ETC/glance-api-paste.ini"
}
