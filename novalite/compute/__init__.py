"""What runs on a compute host: it builds, ends and minds the guests of one hypervisor.

It has no database. What is to be done here stands in the rows that the conductor can read;
a message only says that it is time to look (``sweep``).
"""
