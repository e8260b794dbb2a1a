"""Mechanism driver of Neutron for one machine without agents: each port is on the lab's Linux bridge.

With a binding of type `bridge`, Nova puts the server's device on the bridge. Nova of 2026.2 refuses this type; with
`tap` it makes the device, and the driver puts it on the bridge when it appears. libvirt of Debian 12 takes no tap that
is there already. There is no DHCP and no metadata service: a guest reads its address from its config drive.
"""
import os
import subprocess

from neutron_lib.api.definitions import portbindings
from neutron_lib import constants
from neutron_lib.plugins.ml2 import api

PLUG = 'for _ in $(seq 600); do ip link set "$0" master "$1" up 2>/dev/null && exit; sleep 0.2; done'


class LabBridgeDriver(api.MechanismDriver):
    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        for segment in context.segments_to_bind:
            bridge, kind = os.environ["LAB_BRIDGE"], os.environ["LAB_VIF_TYPE"]
            context.set_binding(segment[api.ID], kind, {portbindings.CAP_PORT_FILTER: True, "bridge_name": bridge},
                                status=constants.PORT_STATUS_ACTIVE)
            if kind == portbindings.VIF_TYPE_TAP:
                device = ("tap" + context.current["id"])[:14]
                subprocess.Popen(["sh", "-c", PLUG, device, bridge], start_new_session=True)
            return
