"""Who reaches whom in `deploy/kubernetes`: labels, ports, Services, monitors, policies."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import pytest

from rates_contracts.environment import variables
from terraform.kustomize import Document
from terraform.overlay import SETTINGS, Overlay, in_each_overlay, of_each_service

PROMETHEUS_OPERATOR = "monitoring.coreos.com/v1"

# --- labels ---------------------------------------------------------------------------------------


@in_each_overlay
@of_each_service
def test_selectors_select_the_services_pods(overlay: Overlay, service: str) -> None:
    """Deployment, disruption budget and spread all mean the pods of their own service."""
    selectors = [
        overlay.spec("Deployment", service)["selector"],
        overlay.spec("PodDisruptionBudget", service)["selector"],
        *(each["labelSelector"] for each in overlay.pod(service)["topologySpreadConstraints"]),
    ]
    for selector in selectors:
        assert overlay.selected(selector["matchLabels"]) == [service]


@in_each_overlay
def test_every_document_but_policies_says_which_service_it_belongs_to(overlay: Overlay) -> None:
    """The labels of the documents are those of the pods, so that `-l` finds all of a service."""
    for kind in ("Deployment", "Service", "ServiceMonitor", "PodDisruptionBudget"):
        for document in overlay.all(kind).values():
            labels = document["metadata"]["labels"]
            ours = {key: labels[key] for key in labels if not key.endswith("/component")}
            assert overlay.selected(ours), document["metadata"]["name"]


# --- ports ----------------------------------------------------------------------------------------


@in_each_overlay
@of_each_service
def test_ports_are_those_of_the_settings(overlay: Overlay, service: str) -> None:
    """Each port that the settings know is named, once, and no other."""
    listed = overlay.container(service)["ports"]
    module = SETTINGS[service]
    known = [
        int(overlay.variables(service).get(name, default))
        for name, _, default in variables(module.Settings, module.PREFIX)
        if name.endswith("PORT")
    ]
    assert len(overlay.ports(service)) == len(listed)
    assert sorted(overlay.ports(service).values()) == sorted(known)


@in_each_overlay
@of_each_service
def test_probes_ask_named_ports(overlay: Overlay, service: str) -> None:
    """The number of a port is written once."""
    container = overlay.container(service)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] in overlay.ports(service)


@in_each_overlay
def test_services_lead_to_named_ports(overlay: Overlay) -> None:
    """Each selects the pods of one service, and its ports are known by the pods' names."""
    for name, document in overlay.all("Service").items():
        [service] = overlay.selected(document["spec"]["selector"])
        for port in document["spec"]["ports"]:
            assert port["name"] == port["targetPort"], name
            assert port["targetPort"] in overlay.ports(service), name


@in_each_overlay
def test_clients_reach_no_internal_port(overlay: Overlay) -> None:
    """The only Service with an address has the public port alone; it is not exposed by itself."""
    specs = {name: document["spec"] for name, document in overlay.all("Service").items()}
    addressed = {name for name, spec in specs.items() if spec.get("clusterIP") != "None"}
    assert addressed == {"rates-api"}
    assert [port["name"] for port in specs["rates-api"]["ports"]] == ["http"]
    assert "type" not in specs["rates-api"]


# --- metrics --------------------------------------------------------------------------------------


@in_each_overlay
@pytest.mark.parametrize(
    ("service", "port"), [("rates-api", "metrics"), ("rates-sync", "internal")]
)
def test_prometheus_scrapes_the_internal_port(overlay: Overlay, service: str, port: str) -> None:
    """The monitor selects one Service of its own service, and a port that this one has."""
    monitor = overlay.all("ServiceMonitor")[service]
    [selected] = services_with(overlay, monitor["spec"]["selector"]["matchLabels"])
    assert overlay.selected(selected["spec"]["selector"]) == [service]
    assert [each["port"] for each in monitor["spec"]["endpoints"]] == [port]
    assert port in {each["name"] for each in selected["spec"]["ports"]}


def services_with(overlay: Overlay, labels: dict[str, str]) -> list[Document]:
    """Return the Services that have every label of a selector."""
    return [
        service
        for service in overlay.all("Service").values()
        if labels.items() <= service["metadata"]["labels"].items()
    ]


@in_each_overlay
def test_monitors_have_the_shape_that_the_operator_documents(overlay: Overlay) -> None:
    """The definition is the Prometheus operator's; Kubernetes' schemas have nothing of it."""
    for monitor in overlay.all("ServiceMonitor").values():
        assert monitor["apiVersion"] == PROMETHEUS_OPERATOR
        assert monitor["spec"].keys() == {"selector", "endpoints"}
        assert monitor["spec"]["selector"].keys() == {"matchLabels"}
        for endpoint in monitor["spec"]["endpoints"]:
            assert endpoint.keys() == {"port", "path", "interval"}
            assert endpoint["path"] == "/metrics"


# --- policies -------------------------------------------------------------------------------------


@in_each_overlay
def test_what_no_policy_allows_is_denied(overlay: Overlay) -> None:
    """One policy selects every pod for both ways and allows nothing."""
    assert overlay.spec("NetworkPolicy", "default-deny") == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


@in_each_overlay
def test_every_policy_allows_one_way_to_some_pods(overlay: Overlay) -> None:
    """A policy of a type without its rules would deny, one that selects nothing would be dead."""
    for name, document in overlay.all("NetworkPolicy").items():
        spec = document["spec"]
        assert overlay.selected(spec["podSelector"].get("matchLabels", {})), name
        if name != "default-deny":
            [way] = spec["policyTypes"]
            assert spec.keys() == {"podSelector", "policyTypes", way.lower()}, name


@in_each_overlay
def test_rates_api_talks_to_its_stores_alone(overlay: Overlay) -> None:
    """No way out: it gets requests from strangers."""
    assert overlay.allowed("rates-api", "egress") == stores(overlay)


@in_each_overlay
def test_rates_sync_also_talks_to_banxico(overlay: Overlay) -> None:
    """By HTTPS, to any address, since Banxico does not publish its own."""
    banxico = {("0.0.0.0/0", 443)}
    assert overlay.allowed("rates-sync", "egress") == stores(overlay) | banxico


def stores(overlay: Overlay) -> set[tuple[str, int | str]]:
    """Return what both services talk to."""
    return {
        ("kube-system", 53),
        (address(overlay, "to-mysql"), 3306),
        (address(overlay, "to-redis"), 6379),
        ("observability", 4318),
    }


def address(overlay: Overlay, policy: str) -> str:
    """Return the addresses that a policy of the overlay lets through to."""
    [rule] = overlay.spec("NetworkPolicy", policy)["egress"]
    return str(rule["to"][0]["ipBlock"]["cidr"])


@in_each_overlay
def test_the_overlay_sets_the_addresses_of_mysql_and_redis(overlay: Overlay) -> None:
    """Those of base are of a network for documentation, where nothing answers."""
    nobodys = ipaddress.ip_network("192.0.2.0/24")
    for policy in ("to-mysql", "to-redis"):
        assert not ipaddress.ip_network(address(overlay, policy)).overlaps(nobodys)


@in_each_overlay
@pytest.mark.parametrize("host", ["169.254.169.254", "10.1.2.3", "172.20.0.1", "192.168.1.1"])
def test_the_way_to_banxico_leads_outside_alone(overlay: Overlay, host: str) -> None:
    """Neither to other networks of the cluster nor to the cloud's metadata."""
    [rule] = overlay.spec("NetworkPolicy", "rates-sync-to-banxico")["egress"]
    excepted = map(ipaddress.ip_network, rule["to"][0]["ipBlock"]["except"])
    assert any(ipaddress.ip_address(host) in network for network in excepted)


@in_each_overlay
@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("rates-api", {("gateway", "http"), ("observability", "metrics")}),
        ("rates-sync", {("observability", "internal")}),
    ],
)
def test_pods_are_reached_at_named_ports_by_whom_it_concerns(
    overlay: Overlay, service: str, expected: set[Any]
) -> None:
    """Clients by the gateway, internal ports by Prometheus; rates-sync has no clients."""
    assert overlay.allowed(service, "ingress") == expected
    assert {port for _, port in expected} <= overlay.ports(service).keys()


@in_each_overlay
@of_each_service
def test_traces_are_let_through(overlay: Overlay, service: str) -> None:
    """A policy allows the host and the port that the setting names."""
    module = SETTINGS[service]
    url = urlsplit(overlay.variables(service)[f"{module.PREFIX}_OTLP_ENDPOINT"])
    assert url.hostname is not None
    assert (url.hostname.split(".")[1], url.port) in overlay.allowed(service, "egress")
    assert url.path == "/v1/traces"
