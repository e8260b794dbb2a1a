"""Mechanism driver of Neutron for one machine without agents: each port is on the lab's Linux bridge at once.

Nova plugs the server's interface into the bridge (os-vif, linux_bridge). There is no DHCP and no metadata service: a
guest reads its address from its config drive.
"""
import os

from neutron_lib.api.definitions import portbindings
from neutron_lib import constants
from neutron_lib.plugins.ml2 import api


class LabBridgeDriver(api.MechanismDriver):
    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        for segment in context.segments_to_bind:
            context.set_binding(
                segment[api.ID], portbindings.VIF_TYPE_BRIDGE,
                {portbindings.CAP_PORT_FILTER: True, "bridge_name": os.environ["LAB_BRIDGE"]},
                status=constants.PORT_STATUS_ACTIVE)
            return
