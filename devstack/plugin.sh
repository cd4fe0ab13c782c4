# DevStack plugin: novalite in the place of Nova, beside DevStack's Keystone, Glance and Neutron.

function _novalite_manage {
    "$NOVALITE_BIN_DIR/novalite-manage" --config-file "$NOVALITE_CONF" "$@"
}

function _novalite_neighbour {
    local conf=$1 group=$2 url=$3
    iniset "$conf" "$group" driver remote
    iniset "$conf" "$group" endpoint_override "$url"
    iniset "$conf" "$group" auth_url "$KEYSTONE_SERVICE_URI/v3"
    iniset "$conf" "$group" username nova
    iniset "$conf" "$group" password "$SERVICE_PASSWORD"
    iniset "$conf" "$group" project_name "$SERVICE_PROJECT_NAME"
    iniset "$conf" "$group" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$conf" "$group" project_domain_name "$SERVICE_DOMAIN_NAME"
}

function _novalite_common {
    local conf=$1
    iniset "$conf" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    iniset "$conf" DEFAULT my_ip "$HOST_IP"
    iniset "$conf" DEFAULT state_path "$NOVALITE_STATE_PATH"
    iniset "$conf" DEFAULT transport_url "$(get_transport_url)"
    # Neutron's metadata agent looks for Nova's metadata port, which is not there.
    iniset "$conf" DEFAULT force_config_drive true
    _novalite_neighbour "$conf" keystone "$KEYSTONE_SERVICE_URI/v3"
    _novalite_neighbour "$conf" glance "$NOVALITE_IMAGE_URL"
    _novalite_neighbour "$conf" neutron "$NOVALITE_NETWORK_URL"
    _novalite_neighbour "$conf" cinder "$NOVALITE_VOLUME_URL"
}

function install_novalite {
    # libvirt and QEMU; DevStack's own function for the compute node of Nova.
    if is_service_enabled novalite-compute; then
        source "$TOP_DIR/lib/nova_plugins/functions-libvirt"
        install_libvirt
    fi
    setup_develop "$NOVALITE_DIR"
    pip_install "$NOVALITE_DIR[libvirt,mysql,postgresql]"
    NOVALITE_BIN_DIR=$(get_python_exec_prefix)
}

function configure_novalite {
    local conf
    sudo install -d -o "$STACK_USER" "$NOVALITE_CONF_DIR"
    sudo install -d -m 711 -o "$STACK_USER" "$NOVALITE_STATE_PATH"
    for conf in "$NOVALITE_CONF" "$NOVALITE_COMPUTE_CONF"; do
        install -m 600 /dev/null "$conf"
        _novalite_common "$conf"
    done
    conf=$NOVALITE_CONF
    iniset "$conf" api listen "$(ipv6_unquote "$SERVICE_LISTEN_ADDRESS")"
    iniset "$conf" api port "$NOVALITE_PORT"
    iniset "$conf" api_database connection "$(database_connection_url novalite_api)"
    iniset "$conf" database connection "$(database_connection_url novalite_cell1)"
}

function create_novalite_accounts {
    create_service_user nova admin
    # Hosts make volumes for servers, in the projects of their users.
    openstack --os-cloud devstack-system-admin role add --user nova \
        --user-domain "$SERVICE_DOMAIN_NAME" --domain default --inherited member
    get_or_create_service nova compute "novalite"
    get_or_create_endpoint compute "$REGION_NAME" "$NOVALITE_URL/v2.1"
}

function init_novalite {
    recreate_database novalite_api
    recreate_database novalite_cell0
    recreate_database novalite_cell1
    _novalite_manage api_db sync
    _novalite_manage cell_v2 map_cell0 --database_connection "$(database_connection_url novalite_cell0)"
    _novalite_manage cell_v2 create_cell --name cell1
    _novalite_manage db sync
}

function start_novalite {
    local services="--config-file $NOVALITE_CONF"
    run_process novalite-conductor "$NOVALITE_BIN_DIR/novalite-conductor $services"
    run_process novalite-scheduler "$NOVALITE_BIN_DIR/novalite-scheduler $services"
    run_process novalite-api "$NOVALITE_BIN_DIR/novalite-api $services"
    run_process novalite-compute "$NOVALITE_BIN_DIR/novalite-compute --config-file $NOVALITE_COMPUTE_CONF" "" root
    wait_for_service "$SERVICE_TIMEOUT" "$NOVALITE_URL/healthcheck"
}

function create_novalite_flavors {
    local os_cloud="--os-cloud devstack-admin"
    openstack $os_cloud flavor show m1.nano >/dev/null 2>&1 ||
        openstack $os_cloud flavor create --id 42 --ram 192 --disk 1 --vcpus 1 m1.nano
    openstack $os_cloud flavor show m1.small >/dev/null 2>&1 ||
        openstack $os_cloud flavor create --id 2 --ram 2048 --disk 20 --vcpus 1 m1.small
}

function stop_novalite {
    local service
    for service in api scheduler conductor compute; do
        stop_process "novalite-$service"
    done
}

if is_service_enabled novalite-api novalite-conductor novalite-scheduler novalite-compute; then
    case "$1 $2" in
        "stack install") install_novalite ;;
        "stack post-config")
            configure_novalite
            create_novalite_accounts
            init_novalite
            ;;
        "stack extra")
            start_novalite
            create_novalite_flavors
            ;;
    esac
fi
case "$1" in
    unstack) stop_novalite ;;
    clean) sudo rm -rf "$NOVALITE_CONF_DIR" "$NOVALITE_STATE_PATH" ;;
esac
