"""The one import rule that import-linter lacks: a package that may import a few others only."""

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowedContract(Contract):
    """`package` imports the standard library, itself and `allowed`, nothing else."""

    type_name = "allowed"

    package = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Compare every direct import of every module in the package."""
        package, allowed = str(self.package), set(cast("list[str]", self.allowed))
        may = {package, *allowed, *sys.stdlib_module_names}
        found = [
            f"{module} imports {imported}"
            for module in sorted({package, *graph.find_descendants(package)})
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported.split(".")[0] not in may
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say each import that is not allowed."""
        for line in check.metadata["found"]:
            output.print_error(line)
