"""The module that `modules.txt` names: Frappe wants a package for it; it holds no DocType."""
