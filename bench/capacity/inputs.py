"""The inputs of the simulation: measured by us, assumed about AWS and clients, and priced.

Three JSON files beside this module, each with its date and sources; nothing is read from elsewhere.
"""

from pathlib import Path

import msgspec

from bench.capacity.queueing import Workers

HERE = Path(__file__).parent
DAY = 86_400
MINUTE = 60
DAYS_A_MONTH = 365.25 / 12


class _Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an input file: a misspelt or unknown field is an error."""


class Measurements(_Input, frozen=True):
    """rates-api as a run of the benchmark measured it; every dict is by kind of request.

    Rates are requests per second of CPU time of all its processes; bytes are of a whole answer,
    headers included, as a client that takes gzip gets it; the cold start lasts to the first 200.
    """

    measured: str
    commit: str
    machine: str
    requests_per_core_second: dict[str, float]
    bytes_per_answer: dict[str, float]
    cold_start_seconds: float
    memory_mb_per_worker: float


class Kind(_Input, frozen=True):
    """A kind of request: its share of all, and how many different ones the edge can see."""

    share: float
    keys: int


class Edge(_Input, frozen=True):
    """CloudFront: how many caches ask the origin, codings in a key, reuse of connections."""

    regional_caches: int
    codings: int
    requests_per_connection: float


class Direct(_Input, frozen=True):
    """Clients that come to the balancer themselves."""

    requests_per_connection: float


class Machine(_Input, frozen=True):
    """The instance type: `vcpu_speed` in units of the measured core, credits in vCPU minutes."""

    vcpus: int
    vcpu_speed: float
    baseline: float
    credits_per_hour: float
    most_credits: float


class Start(_Input, frozen=True):
    """Seconds of each stage between the launch and the first request; then the warm-up."""

    boot_seconds: float
    pull_seconds: float
    health_check_seconds: float
    warmup_seconds: int


class Size(_Input, frozen=True):
    """The bounds of the Auto Scaling group."""

    smallest: int
    largest: int


class Assumptions(_Input, frozen=True):
    """What is taken from AWS' documentation or assumed; `notes` says which, field by field.

    `service_time_scv` is the squared coefficient of variation of the service time (0: constant,
    1: exponential).
    """

    checked: str
    traffic: dict[str, Kind]
    edge: Edge
    direct: Direct
    machine: Machine
    start: Start
    group: Size
    metric_delay_minutes: int
    client_timeout_seconds: float
    service_time_scv: float
    notes: dict[str, str]


class RequestPrice(_Input, frozen=True):
    """US dollars per million above `free` millions a month."""

    free: float
    price: float


class Prices(_Input, frozen=True):
    """List prices in US dollars; tiers are (up to GB a month, price), null for the last."""

    as_of: str
    region: str
    currency: str
    status: str
    sources: list[str]
    instance_hour: float
    surplus_vcpu_hour: float
    balancer_hour: float
    lcu_hour: float
    edge_million_requests: RequestPrice
    edge_gigabyte: list[tuple[float | None, float]]
    internet_gigabyte: list[tuple[float | None, float]]
    firewall_month: float
    firewall_million_requests: float


class Inputs(msgspec.Struct, frozen=True):
    """All that a run depends on."""

    measured: Measurements
    assumed: Assumptions
    prices: Prices

    def start_seconds(self) -> int:
        """Return the seconds from an instance's launch until the balancer sends it requests."""
        start = self.assumed.start
        cold = self.measured.cold_start_seconds / self.assumed.machine.vcpu_speed
        return round(start.boot_seconds + start.pull_seconds + cold + start.health_check_seconds)

    def service_seconds(self, mix: dict[str, float]) -> float:
        """Return the mean seconds a vCPU spends on a request of `mix` (weights by kind)."""
        rates, speed = self.measured.requests_per_core_second, self.assumed.machine.vcpu_speed
        total = sum(mix.values())
        return sum(weight / rates[kind] for kind, weight in mix.items()) / total / speed

    def workers(self, instances: int, mix: dict[str, float]) -> Workers:
        """Return the workers of so many instances, one on each vCPU, for requests of `mix`."""
        assumed, service = self.assumed, self.service_seconds(mix)
        count, scv = instances * assumed.machine.vcpus, assumed.service_time_scv
        return Workers(count, service, scv, assumed.client_timeout_seconds)

    @property
    def client_mix(self) -> dict[str, float]:
        """Return the share of each kind in what clients send."""
        return {name: kind.share for name, kind in self.assumed.traffic.items()}


def load(folder: Path = HERE) -> Inputs:
    """Read the three files of `folder`.

    :raises msgspec.ValidationError: a field is missing, unknown or of another type.
    """
    decode = msgspec.json.decode
    return Inputs(
        decode((folder / "measured.json").read_bytes(), type=Measurements),
        decode((folder / "assumptions.json").read_bytes(), type=Assumptions),
        decode((folder / "prices.json").read_bytes(), type=Prices),
    )
