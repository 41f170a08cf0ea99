"""A service's exposition, read by name and labels."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Metrics:
    """One scrape."""

    text: str

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of `name` that carry `labels`; fail if there is none."""
        found = self.all(name, **labels)
        assert found, f"no sample {name}{labels} in the exposition"
        return sum(found)

    def all(self, name: str, **labels: str) -> list[float]:
        """Return the values of every sample of `name` that carries `labels`."""
        lines = "\n".join(line for line in self.text.splitlines() if line.startswith(name))
        return [
            sample.value
            for family in text_string_to_metric_families(lines)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
