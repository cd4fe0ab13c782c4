"""The tables of the embedded volume service, one module per resource.

A module that declares a table has to be imported by the package's ``service`` (or by what that
imports), so that the table is made when the service is first synchronised.
"""
