"""The one database that the embedded neighbours share: each declares its tables on this."""

from sqlalchemy import MetaData

metadata = MetaData()
